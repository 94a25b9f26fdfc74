# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Debian packages of another suite without touching the host's own apt: private source list,
# lists and cache below $CACHE/apt. The mirror is the one that the host's apt uses for Debian itself.
# Sourced after common.sh.

apt_dir=$CACHE/apt
apt_suites=trixie-backports

# The base URI of the Debian main archive as apt knows it. Before the first 'apt-get update'
# apt cannot tell origins apart, so then the first one that is not the security archive counts.
mirror_uri() {
	# shellcheck disable=SC2016 # apt's variables, not ours
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
		awk '$2 == "Debian" { print $1; found = 1; exit }
		     !first && $1 !~ /security/ { first = $1 }
		     END { if (!found && first) print first }'
}

archive_keyring() {
	local k

	for k in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		[ -e "$k" ] && { echo "$k"; return; }
	done
	die "no Debian archive keyring: install debian-archive-keyring"
}

# apt_private COMMAND ARG...: any apt tool on the private lists.
apt_private() {
	local cmd=$1

	shift
	"$cmd" -o Dir::Etc::SourceList="$apt_dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$apt_dir/lists" -o Dir::State::status="$apt_dir/status" \
		-o Dir::Cache="$apt_dir/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# A day-old index is new enough for a cache that nothing else refreshes.
apt_update() {
	local uri suite

	[ -n "$(find "$apt_dir/updated" -mmin -1440 2>/dev/null)" ] && return
	uri=$(mirror_uri)
	[ -n "$uri" ] || die "apt has no source for Debian: see 'apt-get indextargets'"
	mkdir -p "$apt_dir"/{lists/partial,cache/archives/partial,debs}
	: >>"$apt_dir/status"
	# A mirror may stand still, as snapshots do; what it has is signed all the same.
	for suite in $apt_suites; do
		echo "deb [signed-by=$(archive_keyring) check-valid-until=no] $uri $suite main"
	done >"$apt_dir/sources.list"
	apt_private apt-get -qq update || die "cannot read the index of $apt_suites"
	touch "$apt_dir/updated"
}

# apt_fetch URI FILE SHA256: into the download cache, whole or not at all. The return code is
# GONE when the server says that there is no such file.
apt_fetch() {
	local uri=$1 file=$apt_dir/debs/$2 sum=$3 log

	if [ -e "$file" ] && echo "$sum  $file" | sha256sum --status -c; then
		return 0
	fi
	log=$(apt_private /usr/lib/apt/apt-helper download-file "$uri" "$file.part" "SHA256:$sum" 2>&1) || {
		rm -f "$file.part"
		say "$log"
		[[ $log == *"404  Not Found"* ]] && return "$GONE"
		return 1
	}
	mv "$file.part" "$file"
}

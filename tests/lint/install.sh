#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installing puts whole files in place, uninstalling takes all of them away, and building leaves
# nothing among the sources.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

root=$T/root
ok "make install" make --no-print-directory -s install DESTDIR="$root" O="$O"
ok "the program runs from there" "$root/usr/sbin/keyctl-bpf" --version
(cd "$root" && find . -type f -empty) | none "no empty file"
grep -rlIE '@[A-Z]+@' "$root" | none "no placeholder is left in a file"
(cd "$root" && find . -type f -perm /022) | none "nobody else may write to what is installed"
for page in man/*.[1-9]; do
	section=${page##*.}
	[ -e "$root/usr/share/man/man$section/${page##*/}" ] || echo "$page"
done | none "each manual page is installed"
exported | while read -r call; do
	[ -e "$root/usr/share/man/man3/$call.3" ] || echo "$call(3)"
done | none "man finds each call of the library"
find "$root" -xtype l | none "no link leads nowhere"
for header in include/*.h include/bpfkey/*.h; do
	cmp "$header" "$root/usr/$header"
done | none "each public header is installed"
ok "completion loads" bash -n "$root/usr/share/bash-completion/completions/keyctl-bpf"

export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
is "$(pkg-config --modversion libbpfkey)" "$("$O/keyctl-bpf" --version | sed 's/.* //')" \
	"pkg-config knows the version"
like "$(pkg-config --libs libbpfkey)" "^-L$root/usr/lib -lbpfkey *\$" \
	"a program names the library alone, not what it is made of"
like "$(pkg-config --static --libs libbpfkey)" "-lbpfkey .*-lcrypto" "a static one names all"

ok "make uninstall" make --no-print-directory -s uninstall DESTDIR="$root" O="$O"
(cd "$root" && find . ! -type d) | none "uninstall leaves nothing"

# What is new and not ignored must be a source that someone has yet to commit.
git ls-files -o --exclude-standard | grep -vE '\.([chS1-9]|sh|t|md|py|json|conf|map|in|service)$' |
	while read -r f; do
		head -c 64 "$f" | head -n 1 | grep -q '^#' || echo "$f"
	done | none "the build leaves no file among the sources"

done_testing

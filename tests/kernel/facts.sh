# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced in guests by the tests of kernel facts, which compare the kernel's answers with tables.
#
# A table's row is "NAME | EXPECTATION | what is done". An expectation is what every kernel answers,
# or several, each with the last series that it is true for: "ENOMEM..7.0; EFAULT".

# facts_ready: goes where the files of facts_make.sh are
facts_ready() {
	local name

	mkdir -p /run/facts && cd /run/facts && tar -xf "$O/facts/facts.tar" || return
	for name in "${facts_new[@]}"; do
		[ -e "$name.sig" ] || unmade+=("$name")
	done
}

# A ring that dies with the session, with the certificates NAME... inside; prints its number.
ring_of() {
	local ring name

	ring=$(keyctl newring "facts$RANDOM" @s)
	for name in "$@"; do
		keyctl padd asymmetric '' "$ring" <"$name.cert" >/dev/null || echo "no $name" >&2
	done
	echo "$ring"
}

# collected SERIAL: waits until the kernel has taken a dead key out of its tables
collected() {
	for _ in {1..100}; do
		grep -q "^$(printf %08x "$1") " /proc/keys || return 0
		sleep 0.2
	done
}

declare -A answer=()
facts_new=(mldsa{44,65,87}{,-attr} hash-ec-sha3-256)
unmade=()
# made NAME...: those of them that an OpenSSL could make
made() {
	local name

	for name; do
		[[ " ${unmade[*]} " == *" $name "* ]] || echo "$name"
	done
}

# collect CMD...: its lines ROW=WHAT become answers
collect() {
	local line n=0

	run "$@"
	while IFS= read -r line; do
		[[ $line == *=* ]] || continue
		answer[${line%%=*}]=${line#*=}
		n=$((n + 1))
	done <<<"${out?}"
	[ "${rc?}" = 0 ] && [ "$n" -gt 0 ] || { fail "$*" && show_run "$@"; }
}

# number SERIES: 7.2.1-x as 7002. The lab's name of a kernel need not be its series.
number() {
	[[ $1 =~ ^([0-9]+)\.([0-9]+) ]] && echo $((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2]))
}
facts_series=$(number "$(uname -r)")

# expected EXPECTATION: sets $want to the one for this kernel
expected() {
	local words word

	IFS=';' read -ra words <<<"$1"
	for word in "${words[@]}"; do
		[[ $word == *..[0-9]* ]] || break
		[ "$facts_series" -gt "$(number "${word##*..}")" ] || break
	done
	read -r want <<<"${word%..[0-9]*}"
}

# check_rows: the table is on standard input; answers that no row names are failures
check_rows() {
	local row want what

	while IFS='|' read -r row want what; do
		read -r row <<<"$row"
		[[ -z $row || $row == \#* ]] && continue
		if [ -z "$(made "$row")" ]; then
			skip 1 "$row takes OpenSSL 3.5, of the host or, for root, of the Debian 13 root"
			continue
		fi
		expected "$want"
		is "${answer[$row]-never tried}" "$want" "$row:$what"
		unset "answer[$row]"
	done
	is "${!answer[*]}" "" "every answer has its row"
	answer=()
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogue of attacks: what root with all capabilities tries against a sealed gate. Each file
# attacks/*.sh is one of them; attacks.sh says how they are written. First, without the gate, each
# must reach what it attacks; then, with the gate sealed, each must be refused and stand in the record.
# lab: not on the native kernel
# lab: one kernel will do
# shellcheck disable=SC2016,SC2034,SC2154 # read by guest.sh, which knows $O; set by gate.sh
guest_files='tests/kernel/gate.sh tests/kernel/attacks.sh tests/kernel/attacks $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/reach $O/tests/kernel/attacks/token $O/tests/kernel/attacks/evil.so'
guest_tools='jq openssl strace setfattr getfattr' guest_timeout=1500
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh
# shellcheck source=tests/kernel/attacks.sh
. /lab/tests/kernel/attacks.sh

here=/lab/tests/kernel/attacks

# field NAME FILE: what the file's head says
field() { sed -n "s/^# $1: //p" "$2"; }

# outcome FUNCTION FILE: in a shell of its own; sets $got, $said. 3: not on this kernel
outcome() {
	said=$(
		# shellcheck source=/dev/null
		. "$2"
		if declare -F needs >/dev/null && ! needs; then exit 3; fi
		declare -F "$1" >/dev/null || set -- attempt
		"$1"
	)
	got=$?
}

# controlled FILE HOW: it reaches what it attacks
controlled() {
	local name=${1##*/}

	outcome control "$1"
	[ "$got" != 3 ] || { diag "${name%.sh}: not here, $said"; return; }
	is "$got" 0 "${name%.sh}: $2 it works"
	[ "$got" = 0 ] || diag "$said"
}

# when WHAT: the attacks whose control is at that moment
when() {
	local file

	for file in "$here"/*.sh; do
		[ "$(field control "$file")" != "$1" ] || echo "$file"
	done
}

# still: the gate decides as before, for who attacks and for who does not
still() {
	unsigned >/dev/null && return 1
	[ -n "$only_refuses" ] || reaches signed "$attack" signed "$ring" tiny.sig 31
}

recorded() {
	local want=$1 after=$2

	keyctl-bpf gate log --after "$after" --json | jq -e --arg want "$want" \
		'[.result.decisions[].reason] | any(. as $r | $want | split(" ") | index($r))' >/dev/null
}

attacked() {
	local name=${1##*/} before record

	record=$(field record "$1")
	before=$(keyctl-bpf gate show --json | jq .result.decisions)
	outcome attempt "$1"
	[ "$got" != 3 ] || return
	[ -z "$only_refuses" ] || mounted
	is "$got" 1 "${name%.sh}: $(sed -n '3s/^# //p' "$1")"
	[ "$got" = 1 ] || diag "$said"
	case $record in
	'none, '*) ;;
	*) ok "${name%.sh}: recorded as $record" recorded "$record" "$before" ;;
	esac
	tried=$((tried + 1))
	[ -n "$NARROW" ] && [ $((tried % 4)) != 0 ] || ok "${name%.sh}: the gate decides as before" still
	[ "$(field control "$1")" != after ] || controlled "$1" "as it should be"
}

tried=0
prepare
diag "without the gate"
for file in $(when ''); do controlled "$file" "without the gate"; done
unsealed_gate
for file in $(when unsealed); do controlled "$file" "before the seal"; done
seal_gate
for file in $(grep -L '^# last: ' "$here"/*.sh); do attacked "$file"; done
only_refuses=yes
for file in $(grep -l '^# last: ' "$here"/*.sh); do attacked "$file"; done
diag "$(find "$here" -name '*.sh' | wc -l) attacks"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hole 25 and the kernel's own race up to 7.2: the map of a signed loader is swapped while the kernel
# looks at it. Without the gate a load binds two maps within 20 s; with it none does, and tampered
# metadata never runs.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/swap'
guest_cpus=2 # the attacker swaps on one while the kernel reads on the other
guest_alone=1
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

seconds=20
set_up
keyctl-bpf -q inspect obj.o --extract parts >/dev/null
swap() {
	run "$attacks/swap" "$ring" $seconds parts/loader.bin parts/metadata.bin parts/insns.der
	diag "$(paste -sd' ' <<<"$out")"
}

swap
case $KERNEL in
6.* | 7.[012])
	isnt "$(count two)" 0 "without the gate a load binds two maps"
	;;
*)
	is "$(count admitted)" 0 "this kernel takes no loader in that form"
	;;
esac
keyctl-bpf gate install --self-test obj.o >/dev/null
ok "the gate enforces" keyctl-bpf gate mode enforce
swap
is "$(count two)" 0 "with the gate none does"
is "$(count ran)" 0 "and tampered metadata never runs"
case $KERNEL in
6.* | 7.[012])
	isnt "$(count admitted)" 0 "a loader with its one map is admitted"
	;;
*)
	pass "this kernel binds the maps itself"
	;;
esac
done_testing

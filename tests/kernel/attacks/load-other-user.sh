# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load by nobody, after unprivileged BPF was switched on.
# record: unsigned
attempt() {
	local old r=0

	old=$(cat /proc/sys/kernel/unprivileged_bpf_disabled)
	echo 0 >/proc/sys/kernel/unprivileged_bpf_disabled || return 2
	chmod 755 /lab /lab/build /lab/build/tests /lab/build/tests/kernel /lab/build/tests/kernel/attacks 2>/dev/null
	unsigned setpriv --reuid 65534 --regid 65534 --clear-groups || r=$?
	echo "$old" >/proc/sys/kernel/unprivileged_bpf_disabled
	return $r
}

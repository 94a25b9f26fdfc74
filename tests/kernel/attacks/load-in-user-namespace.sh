# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load from a user namespace, where anybody is root.
# record: unsigned
attempt() {
	local old r=0

	old=$(cat /proc/sys/kernel/unprivileged_bpf_disabled)
	echo 0 >/proc/sys/kernel/unprivileged_bpf_disabled || return 2
	unsigned unshare -Ur || r=$?
	echo "$old" >/proc/sys/kernel/unprivileged_bpf_disabled
	return $r
}

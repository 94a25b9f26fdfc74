# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every process of the administrator is killed: the gate needs none. Hole 4.
# record: unsigned
attempt() {
	local p

	keyctl-bpf gate log --follow >/dev/null 2>&1 &
	sleep 1
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm" 2>/dev/null)" != keyctl-bpf ] || kill -KILL "${p#/proc/}"
	done
	unsigned
}

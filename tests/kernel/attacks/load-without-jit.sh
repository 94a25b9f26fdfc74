# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load with the compiler of BPF switched off.
# record: unsigned
attempt() {
	local r=0

	echo 0 >/proc/sys/net/core/bpf_jit_enable 2>/dev/null
	unsigned || r=$?
	echo 1 >/proc/sys/net/core/bpf_jit_enable 2>/dev/null
	return $r
}

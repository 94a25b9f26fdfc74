# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load with constants blinded, which rewrites programs.
# record: unsigned
attempt() {
	local r=0

	echo 2 >/proc/sys/net/core/bpf_jit_harden || return 2
	unsigned || r=$?
	echo 0 >/proc/sys/net/core/bpf_jit_harden
	return $r
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load with the function tracer on the security hook. Hole 37.
# record: unsigned
attempt() {
	local r=0 t=/sys/kernel/tracing

	echo bpf_lsm_bpf_prog_load >$t/set_ftrace_filter || return 2
	echo function >$t/current_tracer
	unsigned || r=$?
	echo nop >$t/current_tracer
	echo >$t/set_ftrace_filter
	return $r
}

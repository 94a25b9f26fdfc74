# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load with a kprobe on the security hook itself. Hole 37.
# record: unsigned
attempt() {
	local r=0 t=/sys/kernel/tracing

	echo 'p:hook bpf_lsm_bpf_prog_load' >$t/kprobe_events || return 2
	echo 1 >$t/events/kprobes/hook/enable
	unsigned || r=$?
	echo 0 >$t/events/kprobes/hook/enable
	echo >$t/kprobe_events
	return $r
}

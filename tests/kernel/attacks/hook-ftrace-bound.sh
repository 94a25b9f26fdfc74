# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The switch under another name, by a bind mount. Hole 1.
# record: ftrace
needs() { has_switch; }
attempt() {
	local r=0

	touch bound && mount --bind /proc/sys/kernel/ftrace_enabled bound || return 2
	switch_off bound || r=$?
	umount bound
	return $r
}

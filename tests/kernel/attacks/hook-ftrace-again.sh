# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The switch in a /proc of the attacker, in namespaces of his own. Hole 1.
# record: ftrace
needs() { has_switch; }
attempt() {
	unshare -mpf --mount-proc sh -c 'echo 0 >/proc/sys/kernel/ftrace_enabled' 2>/dev/null
	switched_off
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The switch by a descriptor that another process has open since before the gate. Hole 1.
# record: ftrace
needs() { has_switch; }
attempt() {
	(echo 0 >&8) 2>/dev/null
	switched_off
}

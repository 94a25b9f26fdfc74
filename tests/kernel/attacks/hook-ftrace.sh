# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every trampoline off, by the switch in /proc. Hole 1.
# record: ftrace
needs() { has_switch; }
attempt() { switch_off /proc/sys/kernel/ftrace_enabled; }

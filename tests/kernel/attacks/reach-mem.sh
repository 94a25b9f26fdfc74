# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same by /proc/PID/mem.
# record: traced
attempt() { into mem; }

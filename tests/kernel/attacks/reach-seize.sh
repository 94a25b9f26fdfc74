# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same without stopping it: PTRACE_SEIZE.
# record: traced
attempt() { into seize; }

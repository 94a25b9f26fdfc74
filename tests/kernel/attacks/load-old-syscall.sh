# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load by the 32-bit system call, whose number a filter may forget. Hole 28.
# record: unsigned
attempt() { reaches unsigned "$reach" compat; }

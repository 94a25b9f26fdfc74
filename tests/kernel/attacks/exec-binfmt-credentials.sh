# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same with the flags O, C and F of binfmt_misc.
# record: unsigned
attempt() { by_format OCF "$agent"; }

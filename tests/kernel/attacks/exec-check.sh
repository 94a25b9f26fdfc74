# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# AT_EXECVE_CHECK judges a trusted loader without running it. Hole 12.
# record: unsigned
attempt() { reaches unsigned "$reach" check "$agent"; }

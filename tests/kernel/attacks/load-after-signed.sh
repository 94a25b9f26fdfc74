# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load by a task that has just made a signed one. Hole 7.
# record: unsigned
attempt() { reaches unsigned "$attack" after "$ring" tiny.sig; }

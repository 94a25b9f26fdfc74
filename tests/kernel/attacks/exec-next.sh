# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What a trusted loader runs by exec is trusted no more.
# record: unsigned
attempt() { unsigned "$agent" become; }

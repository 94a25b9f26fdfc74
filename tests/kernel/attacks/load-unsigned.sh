# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned program.
# record: unsigned
attempt() { unsigned; }

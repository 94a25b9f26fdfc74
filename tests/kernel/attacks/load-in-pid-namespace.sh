# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load from a new pid namespace.
# record: unsigned
attempt() { unsigned unshare -pf; }

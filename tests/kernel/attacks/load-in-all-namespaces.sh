# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load from a container: every namespace but that of users is new.
# record: unsigned
attempt() { unsigned unshare -mpfiunC --mount-proc; }

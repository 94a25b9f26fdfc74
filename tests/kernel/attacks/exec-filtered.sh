# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader under a filter of the attacker. Hole 17.
# record: unsigned
attempt() { trusted "$reach" filter; }

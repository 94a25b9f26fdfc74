# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# LD_PRELOAD gives a trusted loader a library of the attacker. Hole 14.
# record: none, the dynamic linker passes it over
attempt() { carries env "LD_PRELOAD=$evil"; }

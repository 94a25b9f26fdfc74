# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader shares its root and working directory with a task of the attacker. Hole 13.
# record: unsigned
attempt() { trusted "$reach" share; }

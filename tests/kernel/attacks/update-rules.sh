# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The updater is told that new rules are coming. Hole 18.
# record: none, the updater answers EACCES
# control: unsealed
control() { gate_says 5 0 && true; }
attempt() { gate_says 5 0; }

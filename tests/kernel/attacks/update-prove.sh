# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The updater is told that a process of the attacker is the test of the gate. Hole 18.
# record: none, the updater answers EACCES
# control: unsealed
control() { gate_says 9 1 && gate_says 9 0; }
attempt() { gate_says 9 1; }

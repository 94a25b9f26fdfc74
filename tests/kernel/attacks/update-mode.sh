# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The updater is told to switch the gate off. Hole 18.
# record: none, the updater answers EACCES
# control: unsealed
control() { gate_says 8 0 && "$attack" enforce; }
attempt() { gate_says 8 0; }

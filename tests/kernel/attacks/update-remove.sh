# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The updater is told to let the hooks go. Hole 18.
# record: none, the updater answers EACCES
# control: unsealed
control() { gate_says 10 1 && gate_says 10 0; }
attempt() { gate_says 10 1; }

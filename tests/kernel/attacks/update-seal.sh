# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The updater is told to seal the gate anew, with a threshold of one. Hole 18.
# record: none, the updater answers EACCES
# control: unsealed
control() { reaches answer "$attack" ask 0; } # a seal would stay; that it works is what seals the gate
attempt() { gate_says 11; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Descriptors of the programs of the gate by their numbers, to replace or to run them.
# record: own-program
control() { run "$attack" fds prog; [ "$(count refused)" = 0 ]; }
attempt() { run "$attack" fds prog; [ "$(count refused)" -lt 18 ]; }

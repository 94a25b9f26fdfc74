# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Descriptors of the maps of the gate by their numbers, to write to them. Hole 21.
# record: own-map
control() { run "$attack" fds map; [ "$(count refused)" = 0 ]; }
attempt() { run "$attack" fds map; [ "$(count refused)" -lt 12 ]; }

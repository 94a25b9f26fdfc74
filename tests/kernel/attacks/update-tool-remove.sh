# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The tool of the administrator is told to take the gate out. Hole 18.
# record: none, the tool says no
# control: unsealed
control() { tool gate remove && install_gate; }
attempt() { tool gate remove; }

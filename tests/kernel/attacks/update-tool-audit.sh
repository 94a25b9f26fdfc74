# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The tool of the administrator is told to set the mode to audit. Hole 18.
# record: none, the tool says no
# control: unsealed
control() { tool gate mode audit && "$attack" enforce; }
attempt() { tool gate mode audit; }

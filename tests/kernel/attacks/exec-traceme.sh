# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A process that asked to be traced becomes a trusted loader. Hole 13.
# record: unsigned
attempt() { trusted "$reach" inherited; }

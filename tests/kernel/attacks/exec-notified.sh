# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader whose calls of bpf(2) the attacker answers. Hole 17.
# record: unsigned
attempt() { trusted "$reach" notify; }

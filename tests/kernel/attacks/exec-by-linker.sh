# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The dynamic linker is told to run a trusted loader. Hole 14.
# record: unsigned
attempt() { trusted /lib64/ld-linux-x86-64.so.2; }

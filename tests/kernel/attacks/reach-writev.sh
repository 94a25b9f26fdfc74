# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Memory of a trusted loader is written: process_vm_writev.
# record: traced
attempt() { into writev; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A debugger attaches to a trusted loader that runs.
# record: traced
attempt() { into attach; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A tracer that was there before the exec keeps control. Hole 13.
# record: unsigned
attempt() { trusted "$reach" traced; }

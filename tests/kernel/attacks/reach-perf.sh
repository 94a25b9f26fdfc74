# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An event of perf, which can be a probe that writes to any process. Hole 16.
# record: perf
attempt() { reaches reached "$reach" perf; }

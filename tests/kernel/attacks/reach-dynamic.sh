# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A uprobe in a trusted loader by tracefs: dynamic_events. Hole 16.
# record: uprobes
attempt() { probed dynamic_events; }

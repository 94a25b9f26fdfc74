# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A uprobe in a trusted loader by tracefs: uprobe_events. Hole 16.
# record: uprobes
attempt() { probed uprobe_events; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same by a tracefs of the attacker, mounted elsewhere. Hole 16.
# record: uprobes
attempt() {
	local r=0

	mkdir -p other && mount -t tracefs none other || return 2
	probed uprobe_events other || r=$?
	umount other
	return $r
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# /etc/ld.so.preload names a library of the attacker, which secure execution honours. Hole 14.
# record: mapping
attempt() {
	local r=0

	echo "$evil" >/etc/ld.so.preload
	carries || r=$?
	rm /etc/ld.so.preload
	return $r
}

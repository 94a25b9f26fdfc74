# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The clock is set back, so that a key counts again whose time is over. Hole 26.
# record: expired
attempt() {
	local r=0

	while [ "$(date +%s)" -le "$brief_end" ]; do sleep 1; done
	signed_by brief.sig 31 && return 2 # its time is not over
	date -s "@$((brief_end - 20))" >/dev/null
	signed_by brief.sig 31 || r=$?
	hwclock -s 2>/dev/null || date -s "@$((brief_end + 20))" >/dev/null
	return $r
}

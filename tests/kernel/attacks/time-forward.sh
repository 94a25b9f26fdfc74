# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The clock is set forward by years.
# record: unsigned
attempt() {
	local r=0 now

	now=$(date +%s)
	date -s "@$((now + 400000000))" >/dev/null
	unsigned || r=$?
	date -s "@$now" >/dev/null
	return $r
}

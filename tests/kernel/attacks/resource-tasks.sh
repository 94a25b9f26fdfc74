# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# So many tasks that each has its own record: one of them loads.
# record: unsigned
attempt() {
	local i r=0

	for i in {1..400}; do sleep 60 & done
	unsigned || r=$?
	# shellcheck disable=SC2046 # numbers
	kill $(jobs -p)
	wait
	return $r
}

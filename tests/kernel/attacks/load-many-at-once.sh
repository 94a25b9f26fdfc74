# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A hundred unsigned loads at once, half of them beside signed ones of the same process group.
# record: unsigned
attempt() {
	local i n

	rm -f many.*
	for i in {1..50}; do
		"$attack" unsigned >"many.u$i" &
		"$attack" after "$ring" tiny.sig >"many.s$i" &
	done
	wait
	n=$(cat many.* | grep -c '^unsigned=')
	[ "$n" = 100 ] || { echo "$n answers"; return 2; }
	cat many.* | grep -q '^unsigned=0'
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A library of a trusted loader is another one, by a bind mount. Hole 14.
# record: mapping
attempt() {
	local r=0 libelf

	libelf=$(grep -o '[^ ]*libelf[^ ]*' <<<"$libs" | head -n 1)
	mount --bind "$(twin "$libelf")" "$libelf" || return 2
	run "$agent" unsigned
	umount "$libelf"
	[ "$(count unsigned)" = 0 ] || r=1
	return $r
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The dynamic linker is another one, by a bind mount: a copy with its last byte changed. Hole 14.
# record: mapping
attempt() {
	local r=0 linker

	linker=$(readlink -f /lib64/ld-linux-x86-64.so.2)
	mount --bind "$(twin "$linker")" "$linker" || return 2
	run "$agent" unsigned
	umount "$linker"
	[ "$(count unsigned)" = 0 ] || r=1
	return $r
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader in a root of the attacker, with his linker and libraries. Hole 14.
# record: mapping
attempt() {
	local r=0 l

	rm -rf jail && mkdir -p jail/disk jail/lib64
	for l in $libs /lib64/ld-linux-x86-64.so.2; do
		mkdir -p "jail${l%/*}"
		[ -e "jail$l" ] || { cat "$l"; printf x; } >"jail$l"
		chmod 755 "jail$l"
	done
	touch "jail$agent" && mount --bind "$agent" "jail$agent" || return 2
	run chroot jail "$agent" unsigned
	umount "jail$agent"
	[ "$(count unsigned)" = 0 ] || r=1
	return $r
}

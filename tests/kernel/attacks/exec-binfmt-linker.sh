# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Another dynamic linker for a trusted loader, by the flag L of binfmt_misc. Hole 15.
# record: unsigned mapping
needs() { [ "$KERNEL" = 7.3 ] || { echo "its binfmt_misc has no flag L"; return 1; }; }
attempt() {
	twin "$(readlink -f /lib64/ld-linux-x86-64.so.2)" >/dev/null
	ln -f "$agent" /disk/agent.evil
	target=/disk/agent.evil by_format L /run/t/evil/ld-linux-x86-64.so.2
	# Without its linker it ends before it can say anything.
	[ "$rc" = 139 ] && return 1
	[ "$(count unsigned)" = 0 ]
}

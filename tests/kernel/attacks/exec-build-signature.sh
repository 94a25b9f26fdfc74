# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program of the attacker that a build key has signed, which signs no loaders.
# record: unsigned
attempt() {
	if [ ! -e /disk/built ]; then
		{ cat "$attack"; printf b; } >/disk/built && chmod 755 /disk/built
		fsverity enable /disk/built || return 2
		{ printf 'FSVerity\1\0\40\0' && fsverity measure /disk/built | sed 's/^sha256:\([0-9a-f]*\).*/\1/' | xxd -r -p; } >formatted
		sign_bytes build formatted built.sig
		setfattr -n security.bpf.keyctl -v "0x$(xxd -p built.sig | tr -d '\n')" /disk/built || return 2
	fi
	reaches unsigned /disk/built unsigned
}

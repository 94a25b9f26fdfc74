# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program of the attacker with the signature of a trusted loader.
# record: unsigned
attempt() {
	if [ ! -e /disk/stolen ]; then
		{ cat "$attack"; printf s; } >/disk/stolen && chmod 755 /disk/stolen || return 2
		setfattr -n security.bpf.keyctl -v "$(getfattr -n security.bpf.keyctl -e hex /disk/signed |
			sed -n 's/.*=//p')" /disk/stolen || return 2
		fsverity enable /disk/stolen || return 2
	fi
	reaches unsigned /disk/stolen unsigned
}

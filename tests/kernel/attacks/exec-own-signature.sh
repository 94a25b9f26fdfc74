# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program of the attacker that a loader key of his own has signed.
# record: unsigned
attempt() {
	if [ ! -e /disk/own ]; then
		new_role_key loader crook
		{ cat "$attack"; printf o; } >/disk/own && chmod 755 /disk/own
		tool loader sign /disk/own --key crook.key --cert crook.pem || return 2
	fi
	reaches unsigned /disk/own unsigned
}

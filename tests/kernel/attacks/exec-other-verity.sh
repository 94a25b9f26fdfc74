# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program of the attacker under fs-verity, which no rule names.
# record: unsigned
attempt() {
	[ -e /disk/verity ] || { { cat "$attack"; printf v; } >/disk/verity && chmod 755 /disk/verity &&
		fsverity enable /disk/verity; } || return 2
	reaches unsigned /disk/verity unsigned
}

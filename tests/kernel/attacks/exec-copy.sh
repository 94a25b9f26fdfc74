# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A copy of a trusted loader on the same disk, without fs-verity.
# record: unsigned
attempt() {
	cp "$agent" /disk/copy
	reaches unsigned /disk/copy unsigned
}

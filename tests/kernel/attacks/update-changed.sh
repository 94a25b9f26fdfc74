# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image whose mode was changed.
# record: none, the kernel verifies
# control: after
control() { image_taken changed.img changed.img.one changed.img.two; }
attempt() {
	fresh_image changed.img
	cp changed.img mode.img
	printf "\1" | dd of=mode.img bs=1 seek=32 conv=notrunc 2>/dev/null
	image_taken mode.img changed.img.one changed.img.two
}

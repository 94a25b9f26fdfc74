# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image that was cut off.
# record: none, the kernel verifies
# control: after
control() { image_taken truncated.img truncated.img.one truncated.img.two; }
attempt() {
	fresh_image truncated.img
	head -c -8 truncated.img >cut.img
	image_taken cut.img truncated.img.one truncated.img.two
}

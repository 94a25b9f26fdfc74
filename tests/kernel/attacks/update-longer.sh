# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image with something behind its end.
# record: none, the kernel verifies
# control: after
control() { image_taken longer.img longer.img.one longer.img.two; }
attempt() {
	fresh_image longer.img
	{ cat longer.img && head -c 1000 /dev/zero; } >long.img
	image_taken long.img longer.img.one longer.img.two
}

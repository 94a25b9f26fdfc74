# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image with the signatures of another one.
# record: none, the kernel verifies
# control: after
control() { image_taken swapped.img swapped.img.one swapped.img.two; }
attempt() {
	fresh_image swapped.img
	image_taken swapped.img old.img.one old.img.two
}

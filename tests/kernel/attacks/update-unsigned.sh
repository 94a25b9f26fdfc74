# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image that nobody signed.
# record: none, the kernel verifies
# control: after
control() { image_taken unsigned.img unsigned.img.one unsigned.img.two; }
attempt() {
	fresh_image unsigned.img
	: >empty.sig
	image_taken unsigned.img empty.sig empty.sig
}

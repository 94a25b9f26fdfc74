# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image with one of the two signatures that it needs.
# record: none, the kernel verifies
# control: after
control() { image_taken one-signer.img one-signer.img.one one-signer.img.two; }
attempt() {
	fresh_image one-signer.img
	image_taken one-signer.img one-signer.img.one
}

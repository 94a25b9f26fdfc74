# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image with one signature twice.
# record: none, the kernel verifies
# control: after
control() { image_taken same-signer.img same-signer.img.one same-signer.img.two; }
attempt() {
	fresh_image same-signer.img
	image_taken same-signer.img same-signer.img.one same-signer.img.one
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image that a build key has signed.
# record: none, the kernel verifies
# control: after
control() { image_taken build-key.img build-key.img.one build-key.img.two; }
attempt() {
	fresh_image build-key.img
	sign_bytes build build-key.img build-key.img.build
	image_taken build-key.img build-key.img.one build-key.img.build
}

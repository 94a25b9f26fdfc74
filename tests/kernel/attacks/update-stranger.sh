# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy image that a policy key of the attacker has signed.
# record: none, the kernel verifies
# control: after
control() { image_taken stranger.img stranger.img.one stranger.img.two; }
attempt() {
	fresh_image stranger.img
	sign_image stranger.img stranger
	image_taken stranger.img stranger.img.one stranger.img.stranger
}

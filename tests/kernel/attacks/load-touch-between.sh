# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load by a task that has touched a good key outside of any load. Hole 7.
# record: unsigned
attempt() {
	local anchored

	anchored=$(keyctl newring anchored @u)
	keyctl restrict_keyring "$anchored" asymmetric "key_or_keyring:$serial"
	reaches unsigned "$attack" between "$ring" tiny.sig other.der "$anchored"
}

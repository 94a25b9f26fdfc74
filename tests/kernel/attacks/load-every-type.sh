# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned program of any type that the kernel has.
# record: unsigned masked-type
attempt() {
	local type

	for type in {1..40}; do
		! reaches unsigned "$attack" unsigned "$type" >/dev/null || return 0
	done
	return 1
}

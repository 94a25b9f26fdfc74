# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The record is flooded, so that what comes next is overwritten: that is counted.
# record: unsigned
control() { unsigned; }
attempt() {
	local i

	for i in {1..60}; do "$attack" flood 100 >/dev/null; done
	unsigned && return 0
	[ "$(keyctl-bpf gate show --json | jq .result.lost)" -gt 0 ] || return 2
	return 1
}

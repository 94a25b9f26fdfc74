# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load while function tracing is switched off. Hole 37.
# record: unsigned
attempt() {
	local r=0

	echo 0 >/sys/kernel/tracing/tracing_on
	unsigned || r=$?
	echo 1 >/sys/kernel/tracing/tracing_on
	return $r
}

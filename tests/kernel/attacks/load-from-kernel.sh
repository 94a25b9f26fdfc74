# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load by a process that the kernel itself starts: the pipe of core dumps.
# record: unsigned
attempt() {
	local old

	old=$(cat /proc/sys/kernel/core_pattern)
	printf '#!/bin/sh\n%s unsigned >/run/t/core.out\n' "$attack" >/run/t/helper
	chmod 755 /run/t/helper
	rm -f core.out
	echo '|/run/t/helper' >/proc/sys/kernel/core_pattern
	(ulimit -c unlimited && sh -c 'kill -SEGV $$') 2>/dev/null
	sleep 1
	echo "$old" >/proc/sys/kernel/core_pattern
	reaches unsigned cat core.out
}

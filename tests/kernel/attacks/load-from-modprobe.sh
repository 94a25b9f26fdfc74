# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load by the program that the kernel starts to find modules.
# record: unsigned
attempt() {
	local old

	old=$(cat /proc/sys/kernel/modprobe)
	printf '#!/bin/sh\n%s unsigned >/run/t/modprobe.out\n' "$attack" >/run/t/helper
	chmod 755 /run/t/helper
	rm -f modprobe.out
	echo /run/t/helper >/proc/sys/kernel/modprobe
	mount -t nosuchfs none /run/t 2>/dev/null
	sleep 1
	echo "$old" >/proc/sys/kernel/modprobe
	reaches unsigned cat modprobe.out
}

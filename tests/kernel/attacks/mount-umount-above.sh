# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the bpffs is mounted on is unmounted lazily, and nobody is asked. Hole 2.
# record: unsigned
# last: pins
control() { naive_falls umount -l /run/pins; }
attempt() {
	umount -l /sys || return 2
	sleep 1
	unsigned
}

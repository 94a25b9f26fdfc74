# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The bpffs is unmounted lazily. Hole 2.
# record: unsigned
# last: pins
control() { naive_falls umount -l /run/pins/bpf; }
attempt() {
	umount -l /sys/fs/bpf || return 2
	sleep 1
	unsigned
}

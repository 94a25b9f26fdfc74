# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The bpffs is moved elsewhere and unmounted there. Hole 4.
# record: unsigned
# last: pins
control() { naive_falls sh -c 'mkdir -p /run/moved && mount --make-private /run/pins && mount --move /run/pins /run/moved && umount -l /run/moved'; }
attempt() {
	mkdir -p /run/moved
	mount --move /sys/fs/bpf /run/moved 2>/dev/null
	umount -l /run/moved 2>/dev/null
	unsigned
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The cgroup file system, where the gate is attached, is unmounted. Hole 4.
# record: unsigned
# last: pins
control() { unsigned unshare -m sh -c 'umount -l /sys/fs/cgroup && exec "$@"' sh; }
attempt() {
	umount -l /sys/fs/cgroup 2>/dev/null
	unsigned
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Another bpffs is mounted over that of the gate. Hole 4.
# record: unsigned
# last: pins
control() { unsigned; }
attempt() {
	mount -t bpf none /sys/fs/bpf || return 2
	unsigned
}

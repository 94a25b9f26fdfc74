# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program on the same hook of the cgroup of the attacker, below the root. Hole 5.
# record: detach
attempt() {
	mkdir -p /sys/fs/cgroup/below
	reaches attach "$attack" over /sys/fs/bpf/override lsm /sys/fs/cgroup/below
}

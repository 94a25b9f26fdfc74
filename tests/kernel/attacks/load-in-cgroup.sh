# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load from a cgroup of its own, far from the root where the gate is.
# record: unsigned
attempt() {
	mkdir -p /sys/fs/cgroup/a/b
	unsigned sh -c 'echo $$ >/sys/fs/cgroup/a/b/cgroup.procs && exec "$@"' sh
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# No memory is left for the record of a load. Hole 33.
# record: unsigned no-memory
attempt() {
	local c=/sys/fs/cgroup/tight r=0

	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p $c
	unsigned sh -c 'echo $$ >'"$c"'/cgroup.procs; echo 400K >'"$c"'/memory.high 2>/dev/null; exec "$@"' sh || r=$?
	return $r
}

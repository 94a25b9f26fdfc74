# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Everything in a cgroup is killed while it loads.
# record: unsigned
attempt() {
	mkdir -p /sys/fs/cgroup/doomed || return 2
	sh -c 'echo $$ >/sys/fs/cgroup/doomed/cgroup.procs
		for i in 1 2 3 4 5 6 7 8 9; do '"$attack"' unsigned; done; sleep 60' >doomed.out 2>/dev/null &
	sleep 2
	echo 1 >/sys/fs/cgroup/doomed/cgroup.kill
	wait
	any unsigned cat doomed.out
}

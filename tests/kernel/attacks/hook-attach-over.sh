# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A later program on the same hook of the root cgroup, which overrides a refusal. Hole 5.
# record: detach
control() {
	run "$attack" uncgroup "$naive" naive_cgroup override
	[ "$(grep -c unsigned=EPERM <<<"$out")" = 1 ] && [ "$(count unsigned)" = 0 ]
}
attempt() { reaches attach "$attack" over /sys/fs/bpf/override lsm; }

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the gate costs, in one guest: the exec of an ordinary binary, a signed load and a trusted
# loader's load, without the gate and with 10, 1,000 and 10,000 rules, by the clock and by the
# kernel's own statistics of our programs. Prints lines "# row WHAT RULES NS NS-OF-OURS".
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/bench/bench_gate' guest_tools='jq openssl' guest_timeout=1500
. "$(dirname -- "$0")/../kernel/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

rounds=5 execs=200 loads=100
bench=$O/tests/bench/bench_gate

set_up
cp "$bench" /disk/bench
vouch_libraries /disk/bench
keyctl-bpf -q gate install --self-test obj.o
keyctl-bpf -q loader allow /disk/bench --name bench --types socket_filter --with-libraries
keyctl-bpf -q gate remove

# measured: the three, each in nanoseconds
measured() {
	"$bench" exec $execs /usr/bin/busybox >ns.exec &&
		"$bench" load $loads 31 "$ring" tiny.sig >ns.signed &&
		/disk/bench load $loads 1 0 - >ns.trusted
}

# with_rules N: what ours took is known only to who has their descriptors
with_rules() {
	local what before after n

	"$bench" rules "$1" || return
	for what in exec signed trusted; do
		before=$("$bench" ran)
		n=$loads
		case $what in
		exec) n=$execs && "$bench" exec $n /usr/bin/busybox ;;
		signed) "$bench" load $n 31 "$ring" tiny.sig ;;
		trusted) /disk/bench load $n 1 0 - ;;
		esac >ns || return
		after=$("$bench" ran)
		diag "row $what $1 $(cat ns) $(((after - before) / n))"
	done
}

export bench ring execs loads

for ((i = 0; i < rounds; i++)); do
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	ok "without the gate" measured
	for what in exec signed trusted; do diag "row $what 0 $(cat ns.$what) 0"; done
	keyctl-bpf -q gate install --self-test obj.o
	ok "with it" keyctl-bpf -q gate mode enforce --accept-existing
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	export -f with_rules diag
	"$bench" hold bash -c 'cd /run/t; for n in 10 1000 10000; do with_rules $n || exit 1; done' || fail "the rows"
	keyctl-bpf -q gate remove
done
done_testing

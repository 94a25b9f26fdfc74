#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other people's loaders, unmodified: Debian's xdp-tools and bpftrace load nothing under the gate
# until they are trusted loaders, and then what their rule says. They load what their caller names,
# so each needs --lends-trust, and record and doctor say that it does.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
guest_tools='jq openssl xdp-loader xdp-filter bpftrace' guest_memory=2560 guest_disk=512
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

set_up
# A trusted loader is started as set-uid programs are: variables that say where its parts are do
# not count. So libxdp's objects are where Debian has them.
mkdir -p /usr/lib/x86_64-linux-gnu && ln -s /bpf /usr/lib/x86_64-linux-gnu/bpf
for t in xdp-loader xdp-filter bpftrace; do
	cp "$(command -v $t)" /disk/
	vouch_libraries /disk/$t
done
ip link add xa type veth peer name xb && ip link set xa up && ip link set xb up

attached() { ip -d link show xa | grep -q xdp; }
xdp_loader() { /disk/xdp-loader load -m skb xa /bpf/xdpfilt_dny_udp.o; }
xdp_filter() { /disk/xdp-filter load -m skb xa; }
unload() { /disk/xdp-loader unload -a xa; }
trace() {
	timeout 100 /disk/bpftrace -e 'tracepoint:syscalls:sys_enter_read { @n = count(); }
		interval:s:1 { printf("it traces\n"); exit(); }'
}
# traces: it did, whatever its exit code is
traces() { like "$(trace 2>&1)" "it traces" "$1"; }

ok "control: xdp-loader loads without a gate" xdp_loader
ok "and its program is attached" attached
ok "and detached" unload
ok "control: xdp-filter loads" xdp_filter
ok "and unloads" /disk/xdp-filter unload xa
traces "control: bpftrace traces"

ok "the gate is installed" keyctl-bpf gate install --self-test obj.o
ok "and enforces" keyctl-bpf -q gate mode enforce --accept-existing --yes-deny
not_ok "xdp-loader is nobody" xdp_loader
not_ok "so nothing is attached" attached
is "$(last_decision '.process, .reason' | paste -sd' ')" "xdp-loader unsigned" "and the record says why"
not_ok "nor is xdp-filter anybody" xdp_filter
unlike "$(trace 2>&1)" "it traces" "nor bpftrace"

for t in xdp-loader xdp-filter bpftrace; do
	refused 3 "loads whatever its caller names" keyctl-bpf loader allow /disk/$t --name $t --types xdp \
		--with-libraries
done
allow() { keyctl-bpf -q loader allow "/disk/$1" --name "$1" --types "$2" --with-libraries --lends-trust; }
ok "xdp-loader is allowed" allow xdp-loader xdp,socket_filter,cgroup_sock
ok "and xdp-filter" allow xdp-filter xdp,socket_filter,cgroup_sock
ok "and bpftrace" allow bpftrace socket_filter,tracepoint,kprobe,perf_event

ok "xdp-loader loads" xdp_loader
ok "and attaches" attached
is "$(last_decision '.process, .reason' | paste -sd' ')" "xdp-loader trusted-loader" "by its rule"
is "$(keyctl-bpf gate programs --json |
	jq -r '.result.programs[] | select(.program == "xdpfilt_dny_udp") | .known, .reason' | paste -sd' ')" \
	"true trusted-loader" "and its program is known by it"
ok "it unloads" unload
ok "xdp-filter loads" xdp_filter
ok "and unloads" /disk/xdp-filter unload xa
traces "bpftrace traces"
is "$(keyctl-bpf gate show --json | jq '[.result.rules[] | select(.lends_trust)] | length')" 3 \
	"three rules lend trust"
is "$(keyctl-bpf gate show --json | jq -r '.result.rules[] | select(.full_power) | .name')" bpftrace \
	"one of them has full power"
run keyctl-bpf doctor
like "$out" "bpftrace.*lends|lends.*bpftrace" "and doctor names it"

ok "bpftrace is revoked" keyctl-bpf -q loader revoke bpftrace --reason "a test"
unlike "$(trace 2>&1)" "it traces" "and traces no more"
ok "xdp-loader goes on" xdp_loader
ok "and cleans up" unload
done_testing

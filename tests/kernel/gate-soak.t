#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 24 loaders at once under enforcement, signed, unsigned, by a stranger and by a trusted loader: each
# decision is the right one and counted, and nothing grows. Half a minute; with LONG five.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/soak' guest_tools='jq openssl' guest_timeout=1200
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

half=15
[ -z "$LONG" ] || half=150
soak=$O/tests/kernel/soak

# RSA, because the kernel verifies it many times faster than ECDSA.
set_up rsa2048
new_key stranger rsa2048
openssl x509 -in stranger.pem -outform DER | keyctl padd asymmetric stranger "$ring" >/dev/null
sign_bytes stranger tiny.bin stranger.sig
cp "$soak" /disk/soak
vouch_libraries /disk/soak
ok "the gate is installed" keyctl-bpf -q gate install --self-test obj.o
ok "with a trusted loader" keyctl-bpf -q loader allow /disk/soak --name soak --types socket_filter --with-libraries
ok "and enforces" keyctl-bpf -q gate mode enforce --accept-existing

# six NAME:...: the word six times
six() { printf '%s %s %s %s %s %s ' "$1" "$1" "$1" "$1" "$1" "$1"; }
plain=$(six "build:31:$ring:tiny.sig:0")$(six "unsigned:1:0:-:1")$(six "stranger:31:$ring:stranger.sig:1")
trusted=$(six "trusted:1:0:-:0")

# soak SECONDS: both at once; adds to the sums
declare -A sum=([build]=0 [unsigned]=0 [stranger]=0 [trusted]=0 [wrong]=0)
soak() {
	local word n

	# shellcheck disable=SC2086 # lists of words
	{ "$soak" "$1" $plain >plain.out & /disk/soak "$1" $trusted >trusted.out; wait $!; }
	while IFS='=' read -r word n; do sum[$word]=$((sum[$word] + n)); done < <(cat plain.out trusted.out)
}

counters() { keyctl-bpf gate show --json | jq -r '.result | "\(.decisions) \(.denied) \(.lost)"'; }
# What the kernel keeps for itself, in KiB; freed programs go in the background, and slabs keep
# empty pages until they are told to let go.
kernel_memory() {
	local cache

	sleep 3
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do echo 1 >"$cache"; done 2>/dev/null
	awk '/^(SUnreclaim|VmallocUsed|KernelStack|PageTables|Percpu):/ { s += $2 } END { print s }' /proc/meminfo
}

soak 5
memory=("$(kernel_memory)")
sum=([build]=0 [unsigned]=0 [stranger]=0 [trusted]=0 [wrong]=0)
read -r decisions denied _ < <(counters)
for _ in 1 2; do
	soak $half
	memory+=("$(kernel_memory)")
	diag "${sum[build]} signed, ${sum[unsigned]} unsigned, ${sum[stranger]} a stranger's, ${sum[trusted]} trusted;" \
		"the kernel's memory: ${memory[*]} KiB"
done
for word in build unsigned stranger trusted; do isnt "${sum[$word]}" 0 "there were loads: $word"; done
is "${sum[wrong]}" 0 "each ended as it should"
read -r d n lost < <(counters)
is $((d - decisions)) $((sum[build] + sum[unsigned] + sum[stranger] + sum[trusted])) "each is a decision that was counted"
is $((n - denied)) $((sum[unsigned] + sum[stranger])) "each denial too"
is "$(keyctl-bpf gate log --json | jq --argjson d "$d" --argjson lost "$lost" \
	'(.result.decisions | length) + $lost == $d')" true "what is not in the record is counted as lost"
is "$(keyctl-bpf gate log --json | jq '[.result.decisions[] | select(
	(.program == "build" and .reason == "build-key" and .allowed) or
	(.program == "unsigned" and .reason == "unsigned" and (.allowed | not)) or
	(.program == "stranger" and .reason == "unknown-key" and (.allowed | not)) or
	(.program == "trusted" and .reason == "trusted-loader" and .allowed) | not)] |
	map(select(.program | IN("build", "unsigned", "stranger", "trusted"))) | length')" 0 "what is in it has its reason"
is "$(keyctl-bpf gate programs --json | jq '[.result.programs[] | select(.program | IN("build", "trusted"))] | length')" \
	0 "programs that are gone are gone from the table"
# What leaks grows in both halves; what the kernel happens to need once, in one.
grew=$((memory[1] - memory[0])) again=$((memory[2] - memory[1]))
[ "$again" -gt "$grew" ] || grew=$again
ok "and nothing grew" test "$grew" -le 1024
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Holes 6 and 7 under preemption: with a tracing program as the witness, signed loads go without a
# record; with the gate 10,000 loads have one each, and the right one.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/stress $O/tests/kernel/attacks/naive.bpf.o'
guest_cpus=2
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

loads=10000 slice=1000
# RSA, because the kernel verifies it many times faster than ECDSA.
set_up rsa2048
new_key second rsa2048
keyctl-bpf -q keyring enroll second.pem >/dev/null
sign_bytes second tiny.bin second.sig
echo -1 >/proc/sys/kernel/sched_rt_runtime_us

missed=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
	run "$attack" hold "$naive" naive_found naive_judge -- "$attacks/stress" "$ring" $slice tiny.sig second.sig
	missed=$((missed + $(count missed)))
	diag "tracing program as witness: $(count signed) signed loads, $(count missed) without a record"
done
isnt "$missed" 0 "6: a tracing program misses keys under preemption"

keyctl-bpf gate install --self-test obj.o --type socket_filter >/dev/null
ok "the gate enforces" keyctl-bpf gate mode enforce
key_a=$(keyctl-bpf keyring show --json | jq '[.result | .. | objects | select(.subject? == "CN=build") | .serial][0]')
key_b=$(keyctl-bpf keyring show --json | jq '[.result | .. | objects | select(.subject? == "CN=second") | .serial][0]')
a=0 b=0 failed=0 good=0 bad=0
for ((done = 0; done < loads; done += slice)); do
	before=$(keyctl-bpf gate show --json | jq .result.decisions)
	run "$attacks/stress" "$ring" $slice tiny.sig second.sig
	a=$((a + $(count key_a))) b=$((b + $(count key_b))) failed=$((failed + $(count failed)))
	keyctl-bpf gate log --after "$before" --json >log.json
	good=$((good + $(jq --argjson a "$key_a" --argjson b "$key_b" '[.result.decisions[] |
		select(.allowed and .keys_touched == 1 and
		       ((.program == "key_a" and .key_serial == $a) or (.program == "key_b" and .key_serial == $b)))] | length' log.json)))
	bad=$((bad + $(jq '[.result.decisions[] | select(.program | startswith("key_")) | select(.allowed | not)] | length' log.json)))
	diag "gate as witness: $((done + slice)) loads, $good with the right record"
done
is "$failed" 0 "6: no signed load failed"
is "$((a + b))" "$loads" "6: all were made"
is "$good" "$loads" "6, 7: each has one key on record, and the right one"
is "$bad" 0 "6: none was denied"

# Where the gate lives no processor matters.
echo 0 >/sys/devices/system/cpu/cpu1/online
is "$(cat /sys/devices/system/cpu/online)" 0 "a processor is taken away"
run "$attack" unsigned
is "$(count unsigned)" EPERM "and the gate refuses"
run "$attack" signed "$ring" tiny.sig
is "$(count signed)" 0 "and admits"
echo 1 >/sys/devices/system/cpu/cpu1/online
run "$attack" unsigned
is "$(count unsigned)" EPERM "also when it is back"

# What a signed loader loads is known by a tracing program's record of its start, and that may be
# missed: then the load is asked to try again, and nothing worse.
runs=1000
keyctl-bpf -q sign /bpf/xsk_def_xdp_prog.o --key build.key --cert build.pem -o small.o >/dev/null
keyctl-bpf -q inspect small.o --extract parts >/dev/null
form='metadata parts/loader.bin parts/metadata.bin parts/insns-metadata.der'
case $KERNEL in 6.* | 7.[012]) form='insns parts/loader.bin parts/metadata.bin parts/insns.der' ;; esac
# shellcheck disable=SC2086 # four words
run rawload "$ring" $form $runs
diag "signed loaders: $(count good) of $runs runs load, $(count again) are asked to try again"
is "$(count other)" 0 "no load by a signed loader fails for another reason"
is "$(($(count good) + $(count again)))" "$runs" "all were made"
isnt "$(count good)" 0 "and some load"
done_testing

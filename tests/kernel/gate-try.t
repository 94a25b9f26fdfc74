#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A trial: enforces, ends early, ends by itself with nobody left to end it, is made to last.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

# shown: what the gate says of itself
shown() {
	keyctl-bpf gate show --json | jq -r '.result | [.mode, .trial, .enforcing] | join(" ")'
}

# unsigned: what an unsigned load gets
unsigned() {
	run "$attack" unsigned
	count unsigned
}

set_up
refused 4 "no gate is installed" keyctl-bpf gate try --for 10s
accepted keyctl-bpf gate install --self-test obj.o
is "$(shown)" "audit none false" "no trial yet"
refused 3 "no trial is running" keyctl-bpf gate confirm
ok "a dry run" keyctl-bpf gate try --for 10s --accept-existing --dry-run
is "$(shown)" "audit none false" "changes nothing"
is "$(unsigned)" 0 "an unsigned program loads"
refused 3 "would be denied" keyctl-bpf gate try --for 10s
is "$(shown)" "audit none false" "a refused trial does not begin"
try=(keyctl-bpf gate try --yes-deny --accept-existing --for)

run "${try[@]}" 10s --json
is "$(jq -r '.changed, .result.before, .result.mode' <<<"$out" | paste -sd' ')" "true audit try" "a trial"
until=$(jq -r '.result.until | fromdate' <<<"$out")
is "$(shown)" "try running true" "runs"
is "$(unsigned)" EPERM "and an unsigned program is refused"
ok "a signed one loads" keyctl-bpf load obj.o
while [ "$(unsigned)" = EPERM ] && [ "$(date +%s)" -lt $((until + 10)) ]; do sleep 0.1; done
late=$(($(date +%s) - until))
is "$((late >= 0 && late <= 1))" 1 "it ends by itself when it said, and not before ($late s after)"
is "$(shown)" "audit ended false" "and it says so"
is "$(last_decision '.allowed, .enforced, .reason' | paste -sd' ')" "false false unsigned" "it records as in audit mode"
refused 3 "the trial is over" keyctl-bpf gate confirm

ok "a trial" "${try[@]}" 1h
before=$(keyctl-bpf gate show --json | jq -r .result.trial_until)
run "${try[@]}" 2h --json
is "$(jq -r '.result.before' <<<"$out")" try "one while another runs"
[[ $(jq -r .result.until <<<"$out") > $before ]]
is "$?" 0 "has a new end"
ok "audit during it" keyctl-bpf gate mode audit
is "$(shown)" "audit none false" "ends it"
is "$(unsigned)" 0 "at once"
ok "a trial" "${try[@]}" 1h
ok "off during it" keyctl-bpf gate mode off
is "$(shown)" "off none false" "ends it too"
is "$(unsigned)" 0 "at once"

# Wherever the tool is killed, there is no trial or one that has an end.
killed=0
for after in 0.01 0.1 0.3 0.5 0.8 1.1 1.5 2; do
	keyctl-bpf -q gate mode audit >/dev/null
	"${try[@]}" 1h >/dev/null 2>&1 &
	sleep "$after"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
	how=$?
	killed=$((killed + (how == 137)))
	run keyctl-bpf gate show --json
	case $how$(jq -r '.result | " " + .mode + " " + .trial + " " + (.trial_until != null | tostring)' <<<"$out") in
	"137 audit none false" | "137 try running true" | "0 try running true") rc=0 ;;
	*) rc=1 ;;
	esac
	is "$rc" 0 "after $after s: exit $how, trial $(jq -r .result.trial <<<"$out")"
done
is "$((killed > 0))" 1 "$killed of them were killed"

ok "a trial" "${try[@]}" 15s
ok "is confirmed" keyctl-bpf gate confirm --yes-deny --accept-existing
is "$(shown)" "enforce none true" "and the gate enforces"
ok "a second time is no failure" keyctl-bpf gate confirm
refused 3 "enforces already" keyctl-bpf gate try --for 10s
sleep 16
is "$(unsigned)" EPERM "also when the trial would have been over"
is "$(shown)" "enforce none true" "for good"
done_testing

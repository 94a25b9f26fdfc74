#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The record: each decision with its reason, key, loader and file, as it comes or later, and what was
# overwritten is counted.
# lab: one kernel will do
# shellcheck disable=SC2016,SC2034,SC2154 # read by guest.sh, which knows $O; set by gate.sh
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/reach' guest_tools='jq openssl'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

# watch FILE ARG...: follows the record into FILE; watched ends that
watch() {
	keyctl-bpf gate log --follow "${@:2}" >"$1" 2>"$1.err" &
	watcher=$!
	sleep 2
}
watched() {
	sleep 2
	kill -TERM $watcher
	wait $watcher
}
decided() { keyctl-bpf gate show --json | jq .result.decisions; }

set_up rsa2048
cp "$attack" /disk/agent
vouch_libraries "$attack"
ok "a trusted loader" keyctl-bpf -q loader allow /disk/agent --name agent --types socket_filter --with-libraries
ok "the gate is installed" keyctl-bpf -q gate install --self-test obj.o
refused 2 "takes a time span" keyctl-bpf gate log --since soon

"$attack" unsigned >/dev/null
is "$(last_decision '.mode, .enforced, .allowed, .reason' | paste -sd' ')" "audit false false unsigned" \
	"in audit mode it stands what would have been denied"

# what enforcing would deny, and the proposal
cp "$attack" /disk/probe && echo >>/disk/probe
mkfifo in
/disk/probe stay <in >probe.out &
exec 7>in
for _ in {1..50}; do [ ! -s probe.out ] || break; sleep 0.1; done
"$attack" signed "$ring" tiny.sig >/dev/null
run keyctl-bpf gate simulate --json
would() { jq -r --arg p "$1" --arg r "$2" "[.result.would_deny[] | select(.process == \$p and .reason == \$r)][0] | $3" <<<"$out"; }
is "$(would probe unsigned '.binary, .types, .loads, .lends_trust' | paste -sd' ')" "/disk/probe socket_filter 1 false" \
	"what runs is named by its file"
is "$(would attack unsigned '.binary, .command' | paste -sd' ')" "null null" "what has ended by its name only"
is "$(would attack type .command | cut -d' ' -f1-2)" "keyctl-bpf sign" "another reason has another remedy"
run keyctl-bpf gate simulate --since 2099-01-01
like "$out" "nothing of what is on record would be denied" "and nothing is of the future"
refused 3 "gate simulate" keyctl-bpf gate mode enforce
keyctl-bpf gate simulate --propose >script
is "$(grep -cv '^#' script)" 1 "a proposal with one command"
ok "which can be run" sh -e script
exec 7>&-
ok "the gate enforces" keyctl-bpf -q gate mode enforce --yes-deny
run /disk/probe unsigned
is "$(count unsigned)" 0 "and what was proposed is allowed"

watch lines
in_words=$watcher
watch objects --json
"$attack" unsigned >/dev/null
"$attack" signed "$ring" tiny.sig 31 >/dev/null
/disk/agent unsigned >/dev/null
/disk/agent unsigned 6 >/dev/null
"$attack" detach sysctl >/dev/null
sleep 2
kill -TERM "$in_words" "$watcher"
wait "$watcher"
is "$?" 0 "following ends well when it is told to"
jq -s '[.[].result.decisions // [] | .[]]' objects >all.json
one() { jq -r --arg r "$1" "[.[] | select(.reason == \$r)][0] | $2" all.json; }
is "$(one unsigned '.allowed, .enforced, .mode, .load, .signed, .program, .type, .process' | paste -sd' ')" \
	"false true enforce true false tiny socket_filter attack" "unsigned: by what, of what type"
fp=$(openssl x509 -in build.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
is "$(one build-key '.allowed, .type, .keys_touched, .key' | paste -sd' ')" "true syscall 1 $fp" "signed: by which key"
digest=$(fsverity measure /disk/agent | sed 's/sha256:\([0-9a-f]*\).*/\1/')
is "$(one trusted-loader '.allowed, .rule, .file, .process' | paste -sd' ')" "true agent $digest agent" \
	"by a trusted loader: its rule and its file"
is "$(one trusted-type '.allowed, .rule, .type' | paste -sd' ')" "false agent xdp" "of another type: likewise"
is "$(one detach '.load, .allowed, .process' | paste -sd' ')" "false false attack" "what is no load says so"
is "$(jq -s '[.[] | .ok] | unique | .[0]' objects)" true "each line is an answer of its own"
is "$(jq -s '.[-1].result.lost' objects)" 0 "and nothing was lost"
is "$(grep -c "denied 'tiny' (socket_filter) of process 'attack'" lines)" 1 "in words: a denial"
is "$(grep -c "as agent: " lines)" 2 "in words: the trusted loader by its name"

# 500 in a row, and then more than there is room for
watch many --json
"$attack" flood 500
watched
is "$(jq -s '[.[].result.decisions // [] | .[] | select(.program == "flood")] | length' many)" 500 "500 in a row are all seen"
is "$(jq -s '.[-1].result.lost' many)" 0 "none is lost"
watch flood --json
first=$(decided)
kill -STOP $watcher
"$attack" flood 9000
last=$(decided)
kill -CONT $watcher
watched
seen=$(jq -s '[.[].result.decisions // [] | .[] | select(.program == "flood")] | length' flood)
lost=$(jq -s '.[-1].result.lost' flood)
diag "$((last - first)) decisions, $seen seen, $lost lost"
isnt "$lost" 0 "of more than the record holds some are lost"
is "$((seen + lost))" 9000 "and each of them is counted"

is "$(keyctl-bpf gate log --since 2099-01-01 --json | jq '.result.decisions | length')" 0 "nothing is younger than the future"
isnt "$(keyctl-bpf gate log --since 1h --json | jq '.result.decisions | length')" 0 "something is of this hour"
is "$(keyctl-bpf gate log --after "$last" --json | jq '.result.decisions | length')" 0 "nothing came after the last"

# what is loaded, by whom
ok "a signed object is pinned" keyctl-bpf -q load obj.o --pin /sys/fs/bpf/obj
is "$(keyctl-bpf gate programs --json | jq -r '[.result.programs[] | select(.program == "xdpfilt_dny_udp")][0] | .origin, .key' |
	paste -sd' ')" "by a loader $fp" "a program is known by its loader's key"
watch gone --json
keyctl-bpf -q gate mode off
keyctl-bpf -q gate remove
sleep 2
wait $watcher
isnt "$?" 0 "following ends when the gate goes"
like "$(cat gone.err)" "no gate" "and says so"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The signing agent: a trusted loader has what it generates signed with its delegated key and loads
# it; root by itself, another trusted loader and a revoked key get nothing.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh keyctl-bpf/boot/systemd/keyctl-bpf-agent.service $O/tests/kernel/agent_client' guest_tools='jq openssl setpriv'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

client=$O/tests/kernel/agent_client
object=/bpf/xsk_def_xdp_prog.o # it pins nothing
policy=/etc/keyctl-bpf/gate.json
socket=/run/keyctl-bpf/agent.sock

service=$PWD/keyctl-bpf/boot/systemd/keyctl-bpf-agent.service
set_up
keyctl-bpf -q keyring create --role delegated >/dev/null 2>&1
keyctl-bpf -q key new --form tpm -o gen.key 2>/dev/null
keyctl-bpf -q cert new --key gen.key --role delegated --name gen -o gen.pem
ok "a delegated key" keyctl-bpf -q keyring enroll --role delegated gen.pem
delegated_ring=$((0x$(awk '/ \.bpf_delegated|bpf:delegated/ { print $1; exit }' /proc/keys)))

vouch_libraries "$client"
for l in gen other plain; do cp "$client" /disk/$l && echo $l >>/disk/$l; done
ok "a generator" keyctl-bpf -q loader allow /disk/gen --name gen --types sched_cls --with-libraries
ok "another loader" keyctl-bpf -q loader allow /disk/other --name other --types sched_cls --with-libraries
jq --arg key "$(openssl x509 -in gen.pem -outform DER | base64 -w 0)" \
	'.delegations += [{name: "gen", loader: "gen", types: ["xdp"], key: $key}]' \
	$policy >policy.json && cat policy.json >$policy
jq -n --arg d "$PWD" '{schema: 1, signers: [
	{loader: "gen", key: "\($d)/gen.key", cert: "\($d)/gen.pem", types: ["xdp"]}]}' >agent.json

# As keyctl-bpf-agent.service has it.
caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$service" | tr A-Z a-z | sed 's/cap_/,+/g; s/ //g')
like "$caps" "bpf" "the service names its capabilities"
: >agent.log
# start: the agent, until it listens
start() {
	local before

	before=$(grep -c ready agent.log)
	setpriv --no-new-privs --bounding-set "-all$caps" keyctl-bpf agent --sign --config agent.json \
		--log sign.log --json >agent.out 2>>agent.log &
	agent=$!
	for _ in {1..100}; do
		[ "$(grep -c ready agent.log)" = "$before" ] || break
		sleep 0.1
	done
}

# client LOADER VERB ARG...: what the loader's attempt ends in
client() {
	run "/disk/$1" "$2" $socket "${@:3}"
}

start
client gen load "$delegated_ring" 1 $object
is "$rc" 3 "without a gate nothing is signed"
like "$out" "E_AGENT: .*no gate is installed" "for that reason"
ok "the gate is installed" keyctl-bpf -q gate install --self-test obj.o
run "$client" sign $socket 5000 $object
like "$out" "is no trusted loader" "root is no trusted loader"
client gen load "$delegated_ring" 1 $object
like "$out" "began while the gate did not enforce" "nothing is signed in audit mode"
ok "the gate enforces" keyctl-bpf -q gate mode enforce --accept-existing

client gen load "$delegated_ring" 1 $object
is "$rc $out" "0 signed
done 1" "a trusted loader has its program signed, and loads it"
is "$(last_decision .allowed)" true "the gate allowed it"
count=20
[ -z "$LONG" ] || count=500
client gen load "$delegated_ring" $count $object
is "$rc $(tail -n 1 <<<"$out")" "0 done $count" "again and again"
is "$(jq -r .kind sign.log | sort -u)" agent "the signing log has each signature"
like "$(<agent.log)" "<6>signed 'generated' sha256:[0-9a-f]{64} for process [0-9]+, trusted loader 'gen' with file [0-9a-f]{64}, with key '.*gen.key'" \
	"and the agent's log says for whom"

run "$client" sign $socket 5000 $object
is "$rc" 3 "root is refused"
like "$out" "E_AGENT: .*process [0-9]+ is no trusted loader" "because the gate does not know it"
run /disk/plain sign $socket 5000 $object
like "$out" "is no trusted loader" "a copy of the loader too"
client other sign 5000 $object
like "$out" "E_AGENT: .*no key for the trusted loader 'other'" "and another trusted loader"
client gen sign 5000 "$naive"
like "$out" "E_NOT_A_LOADER: .*not among the types that are signed for 'gen'" "types are looked for"
client gen sign 5000 /bpf/xdp-dispatcher.o
is "$rc" 0 "another object of that type is signed"

client gen crowd 40
is "$out" "16 welcome, 24 busy" "one loader has at most sixteen connections"
client gen load "$delegated_ring" 1 $object
is "$rc" 0 "which are free again when it ends"

client gen flood 2000
read -r served _ busy _ ms _ <<<"$out"
diag "$out"
ok "it may send 200 messages in a second" test "$served" -le $((200 * (ms / 1000 + 2)))
ok "and is told when these were more" test "$busy" -gt 0
sleep 1.1

client gen exec "$client"
like "$out" "^why 2: process [0-9]+ is no trusted loader" "what a loader becomes by exec is not trusted on the same connection"
client gen exec /disk/other
like "$out" "^why 3: there is no key for the trusted loader 'other'" "or is another loader"

# What a trusted loader may not say.
raw() {
	printf '%b' "$1" >raw.bin
	client gen raw raw.bin
}
raw 'GET / HTTP/1.0\r\n\r\n'
is "$out" "kind 5 why 5: that is no message to a signing agent
ended" "something else than a message"
raw 'KBPA\x00\x02\x00\x02\x00\x00\x00\x00'
like "$out" "why 4: a message of version 2" "another version"
raw 'KBPA\x00\x01\x00\x02\x01\x00\x00\x01'
like "$out" "why 6: a message of 16777217 bytes" "one that is too long"
raw 'KBPA\x00\x01\x00\x63\x00\x00\x00\x00'
like "$out" "why 5: a malformed message of kind 99" "an unknown kind"
raw 'KBPA\x00\x01\x00\x03\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00!'
like "$out" "why 5: a malformed message of kind 3" "a byte too many"
raw 'KBPA\x00\x01\x00\x04\x00\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\x01x'
like "$out" "why 5: a message of kind 4 is for agents" "an agent's own message"
raw 'KBPA\x00\x01\x00\x03\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x04list'
is "$out" "kind 5 why 7: it is not the digest list of an object
open" "a list that is none"
raw 'KBPA\x00\x01\x00\x02\x00\x00\x00\x1c\x00\x00\x00\x00\x00\x00\x00\x10\xb7\x00\x00\x00\x00\x00\x00\x00\x95\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'
like "$out" "why 7: it is no loader" "a program that is no loader"
raw 'KBPA\x00\x01\x00\x02\x00\x00\x10\x00half'
is "$out" closed "a message that does not end"

kill -9 "$agent"
wait "$agent" 2>/dev/null
run /disk/gen sign $socket 5000 $object
is "$rc" 4 "a killed agent signs nothing"
start
client gen load "$delegated_ring" 1 $object
is "$rc" 0 "a new one takes its place"

fp=$(openssl x509 -in gen.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
jq --arg fp "$fp" '.revoked += [{kind: "key", fingerprint: $fp, reason: "a test"}]' $policy >policy.json &&
	cat policy.json >$policy
ok "the key is revoked" keyctl-bpf -q gate install
client gen load "$delegated_ring" 1 $object
like "$out" "signed" "the agent does not know that"
isnt "$rc" 0 "but what it signed is not loaded"
like "$out" "E_KERNEL|E_UNKNOWN_SIGNER|E_GATE|E_REVOKED" "because the kernel refuses the key"
diag "$out"
jq '.delegations = []' $policy >policy.json && cat policy.json >$policy
ok "the loader is revoked" keyctl-bpf -q loader revoke gen --reason test
client gen sign 5000 $object
isnt "$rc" 0 "then nothing is signed for it either"
like "$out" "E_AGENT: .*(revoked|is no trusted loader)" "for that reason"

kill "$agent"
wait "$agent"
is "$?" 0 "the agent ends well"
is "$(jq -r '.ok, (.result.signatures > 0)' agent.out | paste -sd' ')" "true true" "and says what it did"
ok "its socket is gone" test ! -e $socket
done_testing

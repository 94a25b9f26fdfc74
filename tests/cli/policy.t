#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# key policy new, sign, show: signed states as files, and everything that must be refused.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl xxd

tpm=embedded:$T/tpm
fake=$T/none
values() {
	printf '  sha256:\n    7 : 0x%s\n' "$1"
}
zero=$(printf '0%.0s' {1..64})
one=$(printf '1%.0s' {1..64})

kb key new --form file -o policy.key --quiet 2>/dev/null
kb key new --form file --alg rsa2048 -o rsa.key --quiet 2>/dev/null
kb key new --form file -o other.key --quiet 2>/dev/null
hash=$(openssl pkey -in policy.key -pubout -outform DER | sha256sum | cut -d' ' -f1)

# --- new

run kb key policy new --key policy.key -o p --json
is "$rc" 0 'policy new'
is_envelope 'policy new'
json .changed true 'which made something'
json .result.signer_hash "$hash" 'with the hash of the key'
json '.result.states | length' 0 'and no state'
is "$(stat -c %a p)" 644 'nothing in it is secret'
is "$(jq -r .signer p)" "$(openssl pkey -in policy.key -pubout)" 'the public key as OpenSSL writes it'
like "$(jq -r .ref p)" '^[0-9a-f]{32}$' 'a random name'
refused 1 "'p' exists already" kb key policy new --key policy.key -o p
run kb key policy new --key policy.key -o p --force --ref fleet-1 --quiet
is "$(jq -r .ref p)" fleet-1 'replaced by one with a name that was chosen'
refused 2 'no name of a policy' kb key policy new --key policy.key -o n --ref 'a b'
refused 2 'a value that is not empty' kb key policy new --key policy.key -o n --ref ''
refused 2 'no name of a policy' kb key policy new --key policy.key -o n --ref "$one"
refused 2 "'--key KEY' is missing" kb key policy new -o n
refused 2 "'--out FILE' is missing" kb key policy new --key policy.key
refused 1 'cannot make policy' kb key policy new --key nothing -o n
refused 2 . kb key policy new --key policy.key -o n extra
run kb key policy new --key policy.key -o n --dry-run --json
is "$rc" 0 'policy new --dry-run'
json .changed false 'makes nothing'
absent n

# --- sign: values from a file, checked with OpenSSL alone

values "$zero" >zero.txt
values "$one" >one.txt
run kb key policy sign p --key policy.key --pcr-values one.txt --json
is "$rc" 0 'policy sign --pcr-values'
is_envelope 'policy sign'
json .changed true 'added a state'
json '.result.states | length' 1 'one'
json '.result.states[0].pcrs[0] | "\(.pcr) \(.expected)"' "7 $one" 'of these values'
json '.result.states[0].signature_good' true 'its signature is good'

# PolicyPCR from nothing, as TPM 2.0 part 3 has it: zeros, command code, selection, digest.
digest() {
	xxd -r -p <<<"$1" | sha256sum | cut -d' ' -f1
}
approved=$(digest "${zero}0000017f00000001000b03800000$(digest "$one")")
to_sign=$(digest "$approved$(printf %s fleet-1 | xxd -p)")
xxd -r -p <<<"$to_sign" >digest
jq -r '.states[0].signature' p | base64 -d | xxd -p -c 999 >sig
r=$(cut -c 1-64 sig) s=$(cut -c 65-128 sig)
printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$r" "$s" >sig.cnf
openssl asn1parse -genconf sig.cnf -out sig.der -noout
openssl pkey -in policy.key -pubout -out policy.pub
ok 'OpenSSL verifies what a TPM will verify' openssl pkeyutl -verify -pubin -inkey policy.pub \
	-in digest -sigfile sig.der

sum=$(sha256sum <p)
run kb key policy sign p --key policy.key --pcr-values one.txt --json
json .changed false 'the same state again changes nothing'
is "$(sha256sum <p)" "$sum" 'not a bit'
run kb key policy sign p --key policy.key --pcr-values zero.txt --json --dry-run
json '.result.states | length' 2 'a dry run shows what would be'
is "$(sha256sum <p)" "$sum" 'and changes nothing'
run kb key policy sign p --key policy.key --pcr-values zero.txt
is "$rc" 0 'another state'
like "$err" 'warning: nothing was measured into sha256:7' 'a warning: nobody measured anything there'
is "$(jq '.states | length' p)" 2 'stands beside the first'
run kb key policy sign p --key policy.key --pcr-values one.txt --replace --quiet
is "$(jq -r '.states[].pcrs.values[].value' p)" "$one" '--replace forgets the others'

kb key policy new --key rsa.key -o rsa.p --quiet
run kb key policy sign rsa.p --key rsa.key --pcr-values one.txt --json
json '.result.states[0].signature_good' true 'an RSA key signs, too'

# --- eight at once: each reads the policy, signs, and writes it, and none undoes another

kb key policy new --key policy.key -o many.p --quiet
for round in 1 2 3; do
	for i in 1 2 3 4 5 6 7 8; do
		values "$(printf "$round$i%.0s" {1..32})" >"many$i.txt"
		kb key policy sign many.p --key policy.key --pcr-values "many$i.txt" --quiet &
	done
	wait
	is "$(jq '[.states[].pcrs.values[].value] | unique | length' many.p)" $((8 * round)) \
		"eight processes at once, round $round: every state is there"
done
run kb key policy show many.p --tpm "device:$fake" --json
json '[.result.states[].signature_good] | unique == [true]' true 'and signed'
is "$(find . -maxdepth 1 -name '*lock*' -o -maxdepth 1 -name '.keyctl-bpf*' | wc -l)" 0 'nothing else stays'
exec 9<many.p
flock 9
"$KB" key policy sign many.p --key policy.key --pcr-values one.txt --quiet 2>said 9<&- &
waiting=$!
kb key policy new --key other.key --force -o replaced.p --quiet
for ((i = 0; i < 200; i++)); do
	readlink /proc/$waiting/fd/* 2>/dev/null | grep -q 'many.p$' && break
	sleep 0.05
done
ok 'one waits while another has the lock' test $i -lt 200
mv replaced.p many.p
sum=$(sha256sum <many.p)
exec 9<&-
wait $waiting
is "$?" 3 'a policy that became another one meanwhile'
like "$(cat said)" "'many.p' became another policy meanwhile" 'is told'
is "$(sha256sum <many.p)" "$sum" 'is left alone'

# --- refused

sum=$(sha256sum <p)
refused 3 "'other.key' is not the one that signs this policy" \
	kb key policy sign p --key other.key --pcr-values one.txt
refused 2 'would allow everything' kb key policy sign p --key policy.key
refused 2 'only one of both' \
	kb key policy sign p --key policy.key --pcr-values one.txt --pcrs sha256:7 --tpm "$tpm"
for bad in sha256 sha256: sha256:24 md5:7 sha256:7,7 sha256:7-3 7; do
	refused 2 'names no PCRs' kb key policy sign p --key policy.key --pcrs $bad --tpm "$tpm"
done
for bad in 1 x:1 0x01800100: 0x01800100:x 0x01800100:1x -1:1 0x01800100:99999999999999999999; do
	refused 2 'takes INDEX:LIMIT' \
		kb key policy sign p --key policy.key "--rollback=$bad" --tpm "$tpm"
done
refused 2 'not the index of a counter' \
	kb key policy sign p --key policy.key --rollback 5:1 --tpm "$tpm"
refused 1 'no counter 0x01800100' \
	kb key policy sign p --key policy.key --rollback 0x01800100:1 --tpm "$tpm"
for bad in '' 'sha256:' '  md5:\n 7 : 0x11' '7 : 0x11' "  sha256:\n7 : $one" "  sha256:\n7 : 0x11" \
	"  sha256:\n7 : 0x$one\n7 : 0x$one" "  sha256:\n24 : 0x$one" \
	"  sha256:\n7 : 0x$one\n  sha1:\n7 : 0x${one:24}"; do
	printf %b "$bad" >bad.txt
	refused 1 'does not hold values of PCRs' \
		kb key policy sign p --key policy.key --pcr-values bad.txt
done
printf '  sha256:\n    7 : 0x%s\n\0' "$one" >bad.txt
refused 1 'does not hold values' kb key policy sign p --key policy.key --pcr-values bad.txt
refused 1 "'nothing'" kb key policy sign p --key policy.key --pcr-values nothing
refused 1 "'nothing'" kb key policy sign nothing --key policy.key --pcr-values one.txt
is "$(sha256sum <p)" "$sum" 'after all of that the policy is what it was'
echo '{}' >bad.p
refused 1 "cannot read policy 'bad.p': the field 'schema' is missing" kb key policy show bad.p
jq '.schema = 2' p >bad.p
refused 4 'schema 2' kb key policy show bad.p
jq '.signer = "nonsense"' p >bad.p
refused 1 'not a public key in PEM' kb key policy show bad.p

# --- show

run kb key policy show p --tpm "device:$fake" --json
is "$rc" 0 'policy show, without a TPM'
like "$err" 'warning: .*cannot compare' 'warns that it did not compare'
json '.result.states[0] | has("met")' false 'and does not say what it does not know'
run kb key policy show p --tpm "$tpm" --json
is "$rc" 0 'policy show, with one'
json '.result.states[0].met' false 'which is not in that state'
json '.result.states[0].pcrs[0].there' "$zero" 'and in which'
run kb key policy sign p --key policy.key --pcrs sha256:7,8 --tpm "$tpm" --quiet
is "$rc" 0 'policy sign --pcrs'
run kb key policy show p --tpm "$tpm" --json
json '[.result.states[].met] | join(" ")' 'false true' 'the machine is in the second state'
run kb key policy show p --tpm "$tpm"
like "$out" 'the machine is in this state' 'and in words'
like "$out" 'the machine is in another state' 'of both'
jq '.ref = "other"' p >moved.p
run kb key policy show moved.p --tpm "$tpm" --json
json '[.result.states[] | "\(.signature_good) \(.met)"] | join(" ")' 'false false false false' \
	'signatures for one policy are none for another'
run kb key policy show moved.p --tpm "$tpm"
like "$out" 'it counts for nothing' 'in words'

# The firmware's log below --root explains what differs: an event for PCR 7.
log=$T/root/sys/kernel/security/tpm0
mkdir -p "$log"
{
	printf '\0\0\0\0\3\0\0\0' && head -c 20 /dev/zero
	printf '\41\0\0\0Spec ID Event03\0\0\0\0\0\0\2\0\2\1\0\0\0\13\0\40\0\0'
	printf '\7\0\0\0\5\0\0\0\1\0\0\0\13\0' && head -c 32 /dev/zero
	printf '\11\0\0\0new setup'
} >"$log/binary_bios_measurements"
run kb key policy show p --tpm "$tpm" --root "$T/root" --json
json '.result.states[0].pcrs[0].last_event | "\(.number) \(.type) \(.what)"' \
	"1 EV_ACTION an action of the firmware, 'new setup'" 'the last event that changed it'
json '.result.states[1].pcrs[0] | has("last_event")' false 'only of what differs'
head -c 100 "$log/binary_bios_measurements" >"$log/cut"
mv "$log/cut" "$log/binary_bios_measurements"
run kb key policy show p --tpm "$tpm" --root "$T/root" --json
is "$rc" 0 'a log that is cut off harms nothing'
json '.result.states[0].pcrs[0] | has("last_event")' false 'and says nothing'

# --- words

refused 2 "no command 'key policy nothing'" kb key policy nothing
refused 2 "'key' needs a verb" kb key policy
like "$(kb key --help)" 'key policy sign' 'key --help lists them'

done_testing

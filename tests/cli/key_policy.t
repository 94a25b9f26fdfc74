#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the use of a key may be made to need: the options, where the policy file is looked for, what
# goes to other machines, and every refusal. tests/tpm/key_policy.t has what a TPM thinks of it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl

umask 077
tpm=embedded:$T/tpm
other=embedded:$T/other
echo 482915 >pin
: >nopin
echo 'correct horse battery' >word
openssl ecparam -name prime256v1 -genkey -noout -out source.pem
kb key new --form file -o policy.key -q
kb key policy new --key policy.key --ref fleet -o p -q

# use KEY [OPTION...]
use() {
	rm -f use.crt
	kb cert new --tpm "$tpm" --key "$1" --role build --name x -o use.crt "${@:2}"
}

loss=(--recovery none-i-accept-the-loss)

# --- refused, and nothing is left

refused 2 'a PIN is for the forms tpm and sealed' kb key new --form file --pin -o k
refused 2 'a signed policy is for the forms' kb key new --form file --policy p -o k
refused 2 'a binding to PCRs is for the forms' kb key new --form file --pcrs sha256:7 -o k
refused 2 'a rollback limit is for the forms' kb key new --form file --rollback 0x01800300 -o k
refused 2 'a PIN is for the forms' kb key import source.pem --form file --pin -o k
refused 2 'a signed policy is for the forms' kb key import source.pem --form file --policy p -o k
for pcrs in 7 sha256 sha256: sha256:24 sha256:7,7 sha257:7 sha256:7-3; do
	refused 2 "'$pcrs' names no PCRs" kb key new --tpm "$tpm" --pcrs $pcrs -o k
done
for rollback in 0 x 0x01800300: 0x01800300:x 0x01800300:1x 4294967296 -1; do
	refused 2 'rollback takes|unknown option' kb key new --tpm "$tpm" --rollback $rollback -o k
done
refused 2 'is not the index of a counter' kb key new --tpm "$tpm" --rollback 0x81000001 -o k
refused 1 'this TPM has no counter 0x01800300' kb key new --tpm "$tpm" --rollback 0x01800300 -o k
refused 1 'no.policy' kb key new --tpm "$tpm" --policy no.policy -o k
refused 1 "cannot read policy 'word'" kb key new --tpm "$tpm" --policy word -o k
refused 2 'a policy has to be a file' kb key new --tpm "$tpm" --policy - -o k
refused 2 'needs a PIN' setsid -w "$KB" key new --tpm "$tpm" --pin -o k
refused 2 'the PIN is empty' kb key new --tpm "$tpm" --pin --passphrase-file nopin -o k
refused 3 'there is none in p' kb key new --form sealed "${loss[@]}" --tpm "$tpm" --policy p -o k
refused 2 "unknown option '--no-policy'" kb key new --tpm "$tpm" --no-policy -o k
run kb key new --tpm "$tpm" --policy p --pcrs sha256:7 --dry-run -o k
is "$rc" 0 'a dry run'
absent k k.meta

# --- a policy that nothing is signed in yet

run kb key new --tpm "$tpm" --policy p -o k --json
is "$rc" 0 'key new --policy'
is_envelope 'key new --policy'
like "$err" "in no state that is signed in 'p'" 'a warning says that it does not work yet'
refused 3 'there is none in p' use k
like "$err" 'hint: .*key policy sign' 'with the way out'
run kb key policy sign p --key policy.key --pcrs sha256:16 --tpm "$tpm"
ok 'it works once a state is signed' use k
run kb key import source.pem --tpm "$tpm" --policy p --pcrs sha256:16 -o i
is "$rc" 0 'key import'
unlike "$err" 'in no state' 'now without that warning'
like "$err" 'nothing was measured into sha256:16' 'but with one of PCRs that say nothing'
ok 'signs' use i

# --- where the policy file is

mkdir -p keys/below
cp p keys/below/p2
ok 'policy below the key' kb key new --tpm "$tpm" --policy keys/below/p2 -o keys/k
is "$(jq -r .policy.signer.file keys/k.meta)" below/p2 'is named from there'
ok 'policy elsewhere' kb key new --tpm "$tpm" --policy p -o keys/far
is "$(jq -r .policy.signer.file keys/far.meta)" "$T/p" 'is named as it is'
ok 'from another folder' use keys/k
mv keys moved
ok 'both were moved' use moved/k
mv moved/below/p2 away
refused 1 "moved/below/p2" use moved/k
like "$err" 'hint: put a copy of the policy file there' 'missing: with the way out'
ok 'another policy of the same name' kb key policy new --key policy.key --ref other -o moved/below/p2
refused 3 'is another one than that of the key' use moved/k
kb key new --form file -o stranger.key -q
ok 'a policy of a stranger' kb key policy new --key stranger.key --ref fleet -o moved/below/p2 --force
kb key policy sign moved/below/p2 --key stranger.key --pcrs sha256:16 --tpm "$tpm" -q
refused 3 'is another one than that of the key' use moved/k
jq --slurpfile s moved/below/p2 '.states = $s[0].states' p >forged
cp forged moved/below/p2
refused 3 'there is none in' use moved/k
like "$err" 'is not signed by its key' 'a state of a stranger does not count'
jq 'del(.policy)' k.meta >k.new && cp k.meta k.kept && mv k.new k.meta
refused 4 'only under a policy, and no sidecar tells which' use k
mv k.kept k.meta

# --- sealed: to a file elsewhere, to another machine, and what is not for others

ok 'sealed' kb key new --form sealed --recovery passphrase --recovery-passphrase-file word \
	--tpm "$tpm" --policy p --pin --passphrase-file pin -o s.key
ok 'signs' use s.key --passphrase-file pin
mkdir elsewhere
ok 'recover to another folder' kb key recover s.key --tpm "$tpm" --recovery-passphrase-file word \
	--passphrase-file pin -o elsewhere/s.key
is "$(jq -r '.slots[] | select(.type == "tpm") | .policy.signer.file' elsewhere/s.key)" "$T/p" \
	'the policy stays where it is'
ok 'signs' use elsewhere/s.key --passphrase-file pin
refused 2 'is for the forms' kb key recover s.key --form file --pin --recovery-passphrase-file word -o open
refused 1 'p.gone' kb key recover s.key --tpm "$tpm" --policy p.gone --recovery-passphrase-file word -o open
absent open open.meta
ok 'tpm srk' kb tpm srk --tpm "$other" -o other.srk
ok 'wrap' kb key wrap s.key --tpm "$tpm" --to other.srk -o w.key --passphrase-file pin
refused 3 'PIN is wrong' kb key wrap s.key --tpm "$tpm" --to other.srk -o w2.key --passphrase-file word
run kb cert new --tpm "$other" --key w.key --role build --name x -o w.crt --passphrase-file pin
is "$rc" 0 'the other machine signs, with the PIN and the signed policy'
refused 3 'PIN is wrong' kb cert new --tpm "$other" --key w.key --role build --name x -o w2.crt \
	--passphrase-file word
run kb key reseal w.key --tpm "$other" --passphrase-file pin
is "$rc" 0 'and seals it itself'
is "$(jq -c '[.slots[] | select(.type == "tpm") | .policy | keys] | unique' w.key)" '[["pin","signer"]]' \
	'which needs the same'
openssl ec -in source.pem -pubout -out keeper.pub 2>/dev/null
ok 'a copy for a keeper' kb key escrow s.key --tpm "$tpm" --to keeper.pub -o copy.pem --passphrase-file pin
ok 'reseal --pcrs' kb key reseal s.key --tpm "$tpm" --pcrs sha256:16 --passphrase-file pin
refused 3 'only with PCRs of this very machine' kb key wrap s.key --tpm "$tpm" --to other.srk -o w2.key \
	--passphrase-file pin
like "$err" 'hint: .*key reseal' 'with the way out'
absent w2.key w2.key.meta w2.crt
run kb key show s.key --tpm "$tpm" --json
json '[.result.ways[] | .pin, .ref] | map(tostring) | join(" ")' 'true fleet' 'key show'

done_testing

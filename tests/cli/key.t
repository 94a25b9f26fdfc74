#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# key new, key show: forms, sidecars, and everything that must be refused.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl stat

tpm=embedded:$T/tpm

mode() {
	stat -c %a -- "$@"
}

# --- a key in a file

run kb key new --form file -o k.pem
is "$rc" 0 'key new --form file'
like "$err" '^warning: .*tests and migration' 'warns what a file is for'
like "$out" 'algorithm: +p256' 'p256 unless said otherwise'
is "$(mode k.pem k.pem.meta)" $'600\n600' 'key and sidecar are 0600'
is "$(jq -r '[.schema, .form, .alg] | join(" ")' k.pem.meta)" '1 file p256' 'the sidecar'
hash=$(openssl pkey -in k.pem -pubout -outform DER | sha256sum | cut -d' ' -f1)
is "$(jq -r .public_hash k.pem.meta)" "$hash" "the sidecar states the key's public hash"
is "$(find . -maxdepth 1 -name '*.pem*' | wc -l)" 2 'no third file'

for alg in p384 p521 rsa2048 rsa3072 rsa4096; do
	run kb key new --form file --alg $alg -o $alg.pem --json --quiet
	json .result.algorithm $alg "$alg"
	ok "openssl reads $alg" openssl pkey -in $alg.pem -noout -check
done

run kb key show k.pem --json
is "$rc" 0 'key show'
is_envelope 'key show'
json .result.public_hash "$hash" 'shows the hash'
json .result.sidecar true 'and that there is a sidecar'
json .changed false 'changes nothing'
is "$err" '' 'without a word'

# --- refused, nothing left

refused 1 "'k.pem' exists already" kb key new --form file -o k.pem
is "$(openssl pkey -in k.pem -pubout -outform DER | sha256sum | cut -d' ' -f1)" "$hash" \
	'the old key is untouched'
refused 2 "no key algorithm 'dsa'" kb key new --form file --alg dsa -o n.pem
refused 2 "no key algorithm 'rsa1024'" kb key new --form file --alg rsa1024 -o n.pem
refused 2 "no key form 'paper'" kb key new --form paper -o n.pem
refused 2 "'--out" kb key new --form file
refused 2 . kb key new --form file -o n.pem extra
refused 1 'cannot make key' kb key new --form file -o no/such/n.pem
absent n.pem n.pem.meta no
mkdir folder
refused 1 "cannot make key 'folder'" kb key new --form file -o folder --force
absent folder.meta
echo before >folder.meta
refused 1 "cannot make key 'folder'" kb key new --form file -o folder --force
is "$(cat folder.meta)" before 'a sidecar is put back when its key cannot be written'

run kb key new --form file -o n.pem --json --alg dsa
is "$rc" 2 'JSON: exit'
is_envelope 'JSON: a failure'
json .error.code E_USAGE 'JSON: code'

# --- dry run, force, what a killed run leaves

run kb key new --form file -o n.pem --dry-run --json
is "$rc" 0 'dry run'
json '.changed, .result.algorithm' $'false\np256' 'says what would be made'
absent n.pem n.pem.meta
refused 1 'exists already' kb key new --form file -o k.pem --dry-run
ok 'force' kb key new --form file -o k.pem --force
isnt "$(jq -r .public_hash k.pem.meta)" "$hash" 'is another key'
ok 'which its sidecar describes' kb key show k.pem
cp k.pem.meta left.pem.meta
ok 'a sidecar without a key is replaced' kb key new --form file -o left.pem
ok 'by the right one' kb key show left.pem

# Killed when the sidecar is there and the key is about to be: no key without a sidecar.
killed() {
	strace -qq -o /dev/null -e trace=linkat -e inject=linkat:signal=KILL:when=2 \
		"$KB" key new --form file -o killed.pem
}

if strace -qq -o /dev/null true 2>/dev/null; then
	run killed
	is "$rc" 137 'killed between its two files'
	absent killed.pem
	ok 'its sidecar is there' test -s killed.pem.meta
	ok 'the same command again' kb key new --form file -o killed.pem
	ok 'makes a whole key' kb key show killed.pem
else
	skip 5 'strace does not work here'
fi

# --- files that are not what they should be

chmod 640 k.pem
refused 3 "'k.pem' has mode 0640" kb key show k.pem
like "$err" 'hint: chmod 600' 'with the way out'
chmod 600 k.pem
mv k.pem.meta away
run kb key show k.pem
is "$rc" 0 'without sidecar'
like "$err" "warning: key 'k.pem' has no sidecar 'k.pem.meta'" 'a sentence'
cp p384.pem.meta k.pem.meta
refused 3 "'k.pem.meta' describes another key" kb key show k.pem
jq '. + {form: "tpm", tpm_kind: "device", tpm_software: false, srk_name: "00", key_name: "00"}' \
	away >k.pem.meta
refused 3 "key of form 'tpm'" kb key show k.pem

sidecar() {
	local sentence=$1

	cat >k.pem.meta
	refused 1 "cannot read sidecar 'k.pem.meta': .*$sentence" kb key show k.pem
}

sidecar 'empty' </dev/null
sidecar 'line 1, column' <<<'{"schema": 1,,}'
sidecar 'line 1, column' <<<'{"schema": 1, "schema": 1}'
sidecar 'not a JSON object' <<<'[]'
sidecar "'schema' is missing" <<<'{}'
sidecar 'schema is 2' < <(jq '.schema = 2' away)
sidecar "'schema' is not a whole number" < <(jq '.schema = "1"' away)
sidecar "'alg' is not a string" < <(jq '.alg = 1' away)
sidecar "'alg' is too long" < <(jq '.alg = "aaaaaaaaaaaaaaaaa"' away)
sidecar "'created' is not a time" < <(jq '.created = "today"' away)
sidecar "form 'paper' is unknown" < <(jq '.form = "paper"' away)
sidecar "'public_hash' is not a SHA-256" < <(jq '.public_hash = "00"' away)
head -c 20000 /dev/zero | tr '\0' ' ' >k.pem.meta
refused 1 'larger than' kb key show k.pem
mv away k.pem.meta

echo text >text.pem && chmod 600 text.pem
refused 1 "cannot read key 'text.pem': not a private key in PEM" kb key show text.pem
refused 1 . kb key show no.pem
refused 1 'not a regular file' kb key show folder

# --- a key in a TPM

run kb key new --tpm "$tpm" -o d.pem --dry-run
is "$rc" 0 'dry run without any TPM yet'
absent tpm d.pem d.pem.meta
refused 4 . kb key new --tpm device:/dev/no-such-tpm -o d.pem
absent d.pem d.pem.meta

run kb key new --tpm "$tpm" -o t.pem
is "$rc" 0 'key new in a TPM'
like "$err" 'warning: this TPM is software' 'warns of a software TPM'
like "$(head -1 t.pem)" 'BEGIN TSS2 PRIVATE KEY' 'the file'
is "$(mode t.pem t.pem.meta)" $'600\n600' 'both 0600'
is "$(jq -r '[.form, .alg, .tpm_kind, .tpm_software] | join(" ")' t.pem.meta)" \
	'tpm p256 embedded true' 'the sidecar says which TPM'
like "$(jq -r .srk_name t.pem.meta)" '^000b[0-9a-f]{64}$' 'and the name of its storage root key'
run kb key show t.pem --json
json '.result.form, .result.tpm_software' $'tpm\ntrue' 'key show needs no TPM'
json .result.public_hash "$(jq -r .public_hash t.pem.meta)" 'and finds the same hash'
json '.result | "\(.usable_now) \(.ways | length) \(.ways[0].pin)"' 'unknown 1 false' \
	'and asks none about a key that needs nothing'
run kb key show t.pem
like "$out" 'needs nothing else: whoever may use the TPM' 'which is told in words'
run kb key show t.pem --check --tpm "$tpm" --json
is "$rc" 0 'key show --check'
json .result.usable_now yes 'asks it'
run kb key show t.pem --check --tpm "embedded:$T/tpm3" --json
is "$rc" 4 'without a TPM nobody knows'
json '"\(.ok) \(.error.code) \(.result.usable_now) \(.result.algorithm)"' \
	'false E_NO_TPM unknown p256' 'but all the rest'
refused 4 'whether the key can be used now is not known: .*does not exist' \
	kb key show t.pem --check --tpm "embedded:$T/tpm3"
absent tpm3
refused 2 "no TPM has a key of form 'file'" kb key show k.pem --check
run kb key new --tpm "$tpm" -o d.pem --dry-run
is "$rc" 0 'dry run with a TPM'
absent d.pem d.pem.meta
refused 4 "has no 'rsa4096'" kb key new --tpm "$tpm" --alg rsa4096 -o d.pem
refused 1 'exists already' kb key new --tpm "$tpm" -o t.pem
absent d.pem d.pem.meta

# Another TPM's key is told apart before anything is signed.
ok 'a second TPM' kb key new --tpm "embedded:$T/tpm2" -o t2.pem
refused 3 . kb cert new --tpm "embedded:$T/tpm2" -k t.pem -r build -n x -o c.pem
absent c.pem
refused 3 'the key cannot be used now: the key was made in another TPM' \
	kb key show t.pem --check --tpm "embedded:$T/tpm2"
like "$err" 'hint: use the machine where it was made' 'with what to do'
refused 4 'does not exist' kb cert new --tpm "embedded:$T/tpm3" -k t.pem -r build -n x -o c.pem
absent c.pem tpm3
cp t2.pem.meta t.pem.meta
refused 3 . kb cert new --tpm "$tpm" -k t.pem -r build -n x -o c.pem
absent c.pem

# --- a PIN

pintpm=embedded:$T/pintpm
umask 077
echo 1234 >pin; echo 1243 >badpin; : >nopin
run kb key new --tpm "$pintpm" --pin --passphrase-file pin -o p.pem
is "$rc" 0 'key new --pin'
is "$(jq -r '.policy.pin.rounds' p.pem.meta)" 100000 'the sidecar tells of it'
hides=$(grep -c 1234 p.pem.meta)
is "$hides" 0 'but not which'
run kb cert new --tpm "$pintpm" --passphrase-file pin -k p.pem -r build -n x -o p.crt
is "$rc" 0 'the key signs with its PIN'
refused 3 'the PIN is wrong' kb cert new --tpm "$pintpm" --passphrase-file badpin -k p.pem \
	-r build -n x -o q.crt
like "$err" 'hint: 1 wrong PINs are counted of' 'and what is left is told'
run kb tpm show --tpm "$pintpm" --json
json .result.lockout.failed_tries 1 'it was tried once'
json '.result.lockout | "\(.max_tries) \(.forget_seconds) \(.recovery_seconds)"' '32 600 0' \
	'an embedded TPM comes with limits of ours'
run kb key show p.pem --tpm "$pintpm" --json
json '.result | "\(.usable_now) \(.ways[0].pin) \(.lockout.tries_left) \(.lockout.locked_out)"' \
	'yes true 31 false' 'key show asks for no PIN and tells what is left'
run kb sign --raw pin badpin nopin p.crt --tpm "$pintpm" --passphrase-file badpin -k p.pem -c p.crt \
	-o "$T" --json
is "$rc" 3 'a wrong PIN for many files'
json '[.result.objects[] | .result] | join(" ")' 'E_PIN E_PIN E_FORMAT E_PIN' 'signs none of them'
json '.result.objects[3].reason | test("not tried: the TPM refused the PIN before")' true \
	'and is not tried on each'
run kb tpm show --tpm "$pintpm" --json
json .result.lockout.failed_tries 2 'it is counted once'
run kb key show p.pem --tpm "embedded:$T/tpm3" --json
is "$rc" 0 'without a TPM'
json '.result | "\(.usable_now) \(.why)"' "unknown the TPM 'embedded:$T/tpm3' does not exist" \
	'that is the answer'
run kb key show p.pem --tpm "embedded:$T/tpm3"
like "$out" 'needs its PIN' 'and what it needs is told'
absent tpm3
refused 2 'the PIN is empty' kb key new --tpm "$pintpm" --pin --passphrase-file nopin \
	-o q.pem
refused 2 'a PIN is for the forms tpm and sealed' kb key new --form file --pin --passphrase-file pin \
	-o q.pem
refused 2 'needs a PIN' setsid -w "$KB" cert new --tpm "$pintpm" -k p.pem -r build -n x \
	-o q.crt
absent q.pem q.pem.meta q.crt
mv p.pem.meta p.away
refused 4 'asks for a PIN' kb cert new --tpm "$pintpm" -k p.pem -r build -n x -o q.crt
absent q.crt

done_testing

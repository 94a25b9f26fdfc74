#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sealed keys: made, used, brought back, sealed anew, wrapped for others; and all that is refused.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl dpkg

umask 077
tpm=embedded:$T/tpm
other=embedded:$T/other
object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
openssl ecparam -name secp384r1 -genkey -noout -out ec.pem 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in ec.pem -out recovery.key
openssl pkey -in recovery.key -pubout -out recovery.pub
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out wrong.key 2>/dev/null
openssl req -x509 -new -key wrong.key -subj /CN=keeper -out keeper.crt
echo 'correct horse battery' >word
echo 'correct horse batteri' >badword

hash_of() {
	openssl pkey -in "$1" "${@:2}" -pubout -outform DER | sha256sum | cut -d' ' -f1
}

# works KEY TPM NAME: it signs what its certificate verifies
works() {
	rm -f crt o
	ok "$3: cert new" kb cert new --tpm "$2" --key "$1" --role build --name x -o crt
	ok "$3: sign" kb sign "$object" --tpm "$2" --key "$1" --cert crt -o o
	ok "$3: verify" kb verify o --cert crt
}

# --- made

refused 2 "it has to be said how it is brought back" kb key new --form sealed --tpm "$tpm" -o s.key
refused 2 "goes with '--recovery passphrase'" kb key new --form sealed --tpm "$tpm" --recovery recovery.pub \
	--recovery-passphrase-file word -o s.key
refused 2 "is for '--form sealed'" kb key new --tpm "$tpm" --recovery recovery.pub -o s.key
refused 1 'private key, which has no place' kb key new --form sealed --tpm "$tpm" \
	--recovery recovery.key -o s.key
refused 1 'no.pub' kb key new --form sealed --tpm "$tpm" --recovery no.pub -o s.key
refused 3 "'wrong.key' is not its recovery key" kb key new --form sealed --tpm "$tpm" \
	--recovery recovery.pub --recovery-key wrong.key -o s.key
echo short >short
refused 3 'at least 12 are needed' kb key new --form sealed --tpm "$tpm" --recovery passphrase \
	--recovery-passphrase-file short -o s.key
absent s.key s.key.meta
run kb key new --form sealed --tpm embedded:nothing --recovery recovery.pub -o s.key --dry-run
is "$rc" 0 'a dry run'
absent s.key s.key.meta nothing

run kb key new --form sealed --alg rsa4096 --tpm "$tpm" --recovery recovery.pub -o s.key --json
is "$rc" 0 'rsa4096, which this TPM has not got'
is_envelope 'key new --form sealed'
json '.result.form, .result.format, .result.algorithm' $'sealed\nsealed\nrsa4096' 'says so'
json '[.result.slots[].type] | join(" ")' 'recovery-key tpm' 'its slots'
json '.result.slots[0].for' "$(hash_of recovery.pub -pubin)" 'whose recovery'
like "$err" 'recovery was not tried' 'recovery without its private key is a warning'
is "$(stat -c %a s.key s.key.meta)" $'600\n600' 'both files are 0600'
is "$(jq -r '[.schema, .form, .alg, .cipher] | join(" ")' s.key)" '1 sealed rsa4096 aes-256-gcm' 'the file'
is "$(jq -r '[.form, .alg, .tpm_kind] | join(" ")' s.key.meta)" 'sealed rsa4096 embedded' 'the sidecar'
run kb key show s.key --json
json '.result.form, .result.sidecar' $'sealed\ntrue' 'key show needs no TPM'
json .result.public_hash "$(jq -r .public s.key | base64 -d | sha256sum | cut -d' ' -f1)" 'the hash'
works s.key "$tpm" rsa4096
refused 1 'exists already' kb key new --form sealed --tpm "$tpm" --recovery recovery.pub -o s.key

for alg in p256 p521; do
	ok "$alg, recovery tried" kb key new --form sealed --alg $alg --tpm "$tpm" \
		--recovery recovery.pub --recovery-key recovery.key -o $alg.key
	unlike "$err" 'not tried' "$alg: without a warning"
	works $alg.key "$tpm" $alg
done
ok 'by passphrase' kb key new --form sealed --tpm "$tpm" --recovery passphrase \
	--recovery-passphrase-file word -o w.key
works w.key "$tpm" passphrase
ok 'without a way back' kb key new --form sealed --tpm "$tpm" \
	--recovery none-i-accept-the-loss -o n.key

# --- the inner key and the private key, by other people's tools

slot=$(jq -r '.slots[] | select(.type == "recovery") | .cms' p256.key)
base64 -d <<<"$slot" | openssl cms -decrypt -inform DER -inkey recovery.key -out kek
is "$(stat -c %s kek)" 32 "openssl cms -decrypt gets at the inner key"

# --- import

openssl ecparam -name prime256v1 -genkey -noout -out plain.pem
ok import kb key import plain.pem --form sealed --tpm "$tpm" --recovery recovery.pub \
	--recovery-key recovery.key -o i.key
is "$(jq -r '[.public_hash, .imported] | join(" ")' i.key.meta)" "$(hash_of plain.pem) true" 'the same key'
works i.key "$tpm" imported
refused 4 'is sealed already' kb key import s.key --form sealed --tpm "$tpm" --recovery recovery.pub -o j.key

# --- another TPM, none, a damaged file

refused 4 'does not exist' kb cert new --tpm embedded:nothing -k p256.key -r build -n x -o c.pem
ok 'another TPM' kb key new --tpm "$other" -o other.key
refused 3 'none of its 1 slots for TPMs is for this one' \
	kb cert new --tpm "$other" -k p256.key -r build -n x -o c.pem
like "$err" 'hint: .*key recover' 'with the way out'
absent c.pem nothing

# broken SENTENCE: p256.key as it is now
broken() {
	refused "$1" "$2" kb cert new --tpm "$tpm" -k broken.key -r build -n x -o c.pem
	absent c.pem
}

cp p256.key.meta broken.key.meta
head -c 700 p256.key >broken.key
broken 1 'not a whole sealed key file'
tr '\n' ' ' <p256.key >broken.key
broken 1 'does not consist of the bytes that were written'

# flip FILTER: one character of a field of base64 becomes another
flip() {
	jq --indent 2 "$1 |= ((.[0:20]) + (if .[20:21] == \"A\" then \"B\" else \"A\" end) + .[21:])" \
		p256.key >broken.key
}

flip .data
broken 3 'was changed after it was sealed'
flip .mac
broken 3 'was changed after it was sealed'
flip '(.slots[] | select(.type == "recovery") | .cms)'
broken 3 'was changed after it was sealed'
flip '(.slots[] | select(.type == "tpm") | .private)'
broken 3 '0x1df'
jq --indent 2 '.slots[1].srk_name |= "000b" + ("0" * 64)' p256.key >broken.key
broken 3 'none of its 1 slots'
jq --indent 2 '.alg = "p384"' p256.key >broken.key
broken 3 'was changed after it was sealed'
refused 3 "it says that it is a 'p384' key" kb key show broken.key
cp w.key broken.key
broken 3 'describes another key'

# --- back after the TPM is gone

run kb key recover p256.key --tpm "$other" --recovery-key recovery.key --dry-run --json
is "$rc" 0 'key recover --dry-run'
json '.changed, .result.algorithm' $'false\np256' 'tries it'
refused 3 "'wrong.key' is not its recovery key" kb key recover p256.key --tpm "$other" --recovery-key wrong.key -o r.key
refused 1 'no recovery by passphrase' kb key recover p256.key --tpm "$other" \
	--recovery-passphrase-file word -o r.key
refused 1 'no recovery by key' kb key recover n.key --tpm "$other" --recovery-key recovery.key -o r.key
refused 3 'passphrase is wrong' kb key recover w.key --tpm "$other" --recovery-passphrase-file badword -o r.key
refused 2 'no terminal' setsid "$KB" key recover w.key --tpm "$other" -o r.key
refused 4 'not sealed' kb key recover other.key --tpm "$other" --recovery-key recovery.key -o r.key
absent r.key r.key.meta
before=$(sha256sum p256.key)
ok 'recovered to another TPM' kb key recover p256.key --tpm "$other" --recovery-key recovery.key -o r.key
is "$(sha256sum p256.key)" "$before" 'the source is as it was'
works r.key "$other" recovered
is "$(jq -r .public_hash r.key.meta)" "$(jq -r .public_hash p256.key.meta)" 'the same key'
ok 'and again, by the same recovery' kb key recover r.key --tpm "$tpm" --recovery-key recovery.key
works r.key "$tpm" 'in its own place'
ok 'by passphrase' kb key recover w.key --tpm "$other" --recovery-passphrase-file word -o rw.key
works rw.key "$other" 'by passphrase'
refused 2 'goes to another one' kb key recover w.key --form file --recovery-passphrase-file word --tpm "$tpm"
ok 'into a file' kb key recover w.key --form file --recovery-passphrase-file word -o open.pem
is "$(hash_of open.pem)" "$(jq -r .public_hash w.key.meta)" 'which holds the same key'
# A key whose slots were damaged is still saved.
flip '(.slots[] | select(.type == "tpm") | .private)'
cp p256.key.meta broken.key.meta
for how in '' --dry-run; do
	# shellcheck disable=SC2086 # no option, or one
	refused 3 "what the use of the key needed cannot be taken from 'broken.key'" \
		kb key recover broken.key --tpm "$tpm" --recovery-key recovery.key -o saved.key $how
	like "$err" 'hint: .*--no-policy' 'the options are named'
done
absent saved.key saved.key.meta
run kb key recover broken.key --tpm "$tpm" --recovery-key recovery.key -o saved.key --no-policy
is "$rc" 0 'recovered from a damaged file'
like "$err" 'was changed after it was sealed' 'with a warning'
works saved.key "$tpm" 'saved'
ok 'a damaged file into an open one needs no policy' \
	kb key recover broken.key --form file --recovery-key recovery.key -o opened.pem
is "$(hash_of opened.pem)" "$(jq -r .public_hash p256.key.meta)" 'the same key'

# --- sealed anew

before=$(jq -r '.slots[1].private' w.key)
ok reseal kb key reseal w.key --tpm "$tpm"
isnt "$(jq -r '.slots[1].private' w.key)" "$before" 'another sealing'
works w.key "$tpm" resealed
run kb key reseal w.key --tpm "$tpm" --recovery recovery.pub --recovery-key recovery.key --json
is "$rc" 0 'another recovery'
json '[.result.slots[].type] | join(" ")' 'recovery-key tpm' 'in place of the old one'
refused 1 'no recovery by passphrase' kb key recover w.key --dry-run --recovery-passphrase-file word
works w.key "$tpm" 'with another recovery'
before=$(sha256sum w.key w.key.meta)
refused 3 'none of its' kb key reseal w.key --tpm "$other"
ok 'a dry run' kb key reseal w.key --tpm "$tpm" --dry-run
is "$(sha256sum w.key w.key.meta)" "$before" 'change nothing'

# --- to other machines

ok 'tpm srk' kb tpm srk --tpm "$other" -o other.srk
refused 1 'exists already' kb tpm srk --tpm "$other" -o other.srk
refused 1 'no storage root key' kb key wrap p256.key --tpm "$tpm" --to word -o wrapped.key
refused 2 "'--to FILE' is missing" kb key wrap p256.key --tpm "$tpm" -o wrapped.key
refused 3 'none of its' kb key wrap p256.key --tpm "$other" --to other.srk -o wrapped.key
absent wrapped.key wrapped.key.meta
run kb key wrap p256.key --tpm "$tpm" --to other.srk -o wrapped.key --json
is "$rc" 0 'wrap'
json '[.result.slots[].type] | join(" ")' 'recovery-key tpm wrapped' 'one slot more'
works wrapped.key "$other" 'the other machine'
works wrapped.key "$tpm" 'and this one'
ok 'sealed there' kb key reseal wrapped.key --tpm "$other"
is "$(jq -r '[.slots[].type] | join(" ")' wrapped.key)" 'recovery tpm tpm' 'no import at each use any more'
works wrapped.key "$other" 'sealed by the other machine'

# --- and to a keeper

refused 1 'not a public key' kb key escrow p256.key --tpm "$tpm" --to word -o copy.pem
refused 3 'none of its' kb key escrow p256.key --tpm "$other" --to keeper.crt -o copy.pem
absent copy.pem
ok escrow kb key escrow p256.key --tpm "$tpm" --to keeper.crt -o copy.pem
ok 'openssl opens it' openssl cms -decrypt -inform PEM -in copy.pem -inkey wrong.key -out copied.pem
is "$(hash_of copied.pem)" "$(jq -r .public_hash p256.key.meta)" 'and finds the key'

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys under a PIN, a signed policy, literal PCRs and a rollback limit, in every combination, of both
# forms that a TPM guards, made and imported: each works, and each part of it stops the key alone.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_pcrextend openssl jq xxd

umask 077
swtpm_start
export TPM2TOOLS_TCTI=$swtpm
tpm2_startup -c 2>/dev/null
counter=0x01800300
echo 482915 >pin
echo 482951 >badpin
echo 739164 >newpin
echo 'correct horse battery' >word
openssl ecparam -name prime256v1 -genkey -noout -out source.pem
kb key new --form file -o policy.key -q
kb key policy new --key policy.key --ref fleet -o p -q
kb key policy new --key policy.key --ref fleet -o empty -q

flush() {
	tpm2_flushcontext -t && tpm2_flushcontext -l && tpm2_flushcontext -s
}

# extend PCR: another value, whatever it was
extend() {
	tpm2_pcrextend "$1:sha256=$(date +%s%N | sha256sum | cut -d' ' -f1)"
}

count() {
	tpm2_nvread -C o "$counter" | xxd -p | sed 's/^0*//'
}

sign_state() {
	kb key policy sign p --key policy.key --pcrs sha256:16 --tpm "$swtpm" "$@"
}

# use KEY [OPTION...]: a signature by it
use() {
	rm -f use.crt
	kb cert new --tpm "$swtpm" --key "$1" --role build --name x -o use.crt "${@:2}"
}

# make_key NAME FORM HOW OPTION...: HOW is new, or a file to import
make_key() {
	local verb=(key new)

	[ "$3" = new ] || verb=(key import "$3")
	[ "$2" = tpm ] || set -- "$@" --recovery passphrase --recovery-passphrase-file word
	kb "${verb[@]}" --form "$2" --tpm "$swtpm" -o "$1" --force "${@:4}"
}

tpm2_nvdefine -Q -C o $counter -a 'nt=counter|authread|authwrite|ownerread|ownerwrite|no_da' -s 8
refused 1 'never incremented' make_key k.key tpm new --rollback $counter
tpm2_nvincrement -Q -C o $counter
flush
refused 1 'no counter' make_key k.key tpm new --rollback 0x01800333
absent k.key k.key.meta

# --- every combination; each is used, and then not by who lacks a part of it

# parts NAME FORM HOW BITS: of the four bits 1 is a PIN, 2 the signed policy, 4 PCRs, 8 the counter
parts() {
	local name=$1 form=$2 how=$3 bits=$4 opts=() with=() what

	what="$form $how $bits"
	((bits & 1)) && opts+=(--pin --passphrase-file pin) && with=(--passphrase-file pin)
	((bits & 2)) && opts+=(--policy p)
	((bits & 4)) && opts+=(--pcrs sha256:23)
	((bits & 8)) && opts+=(--rollback "$counter")
	ok "$what: made" make_key "$name" "$form" "$how" "${opts[@]}"
	ok "$what: signs" use "$name" "${with[@]}"
	((bits & 1)) || return
	refused 3 'PIN is wrong|0x98e' use "$name" --passphrase-file badpin
}

ok 'the first state' sign_state
for form in tpm sealed; do
	for ((bits = 0; bits < 16; bits++)); do
		parts $form.new.$bits $form new $bits
		parts $form.import.$bits $form source.pem $bits
		kb tpm reset-lockout --tpm "$swtpm" -q
	done
done
is "$(jq -r '.policy.signer.file' tpm.new.2.meta)" p 'a policy beside the key is named from there'

# stops BIT SENTENCE: this part alone stops a key that has it, all others go on
stops() {
	local form how bits key with

	for form in tpm sealed; do
		for how in new import; do
			for bits in "$1" 15 $((15 - $1)); do
				key=$form.$how.$bits with=()
				((bits & 1)) && with=(--passphrase-file pin)
				if ((bits & $1)); then
					refused 3 "$2" use "$key" "${with[@]}"
				else
					ok "$key still signs" use "$key" "${with[@]}"
				fi
			done
		done
	done
}

# A literal policy ends with its PCR. A signed one does not.
was=$(tpm2_pcrread sha256:23 | sed -n 's/.*: 0x//p' | cut -c1-16)
extend 23
stops 4 "in the bank sha256 PCR 23 is [0-9a-f]{16}\.\.\., not ${was,,}"
tpm2_pcrreset 23
extend 16
stops 2 'no signed state of the key.s policy is the present one; .*PCR 16 is'
ok 'the update is signed' sign_state
ok 'and all is well again' use sealed.new.3 --passphrase-file pin
ok 'also in the TPM' use tpm.import.3 --passphrase-file pin

# --- sealed anew, while it opens

salt() {
	jq -r '.slots[] | select(.type == "tpm") | .policy.pin.salt' "$1"
}

before=$(salt sealed.new.15)
ok 'reseal keeps it all' kb key reseal sealed.new.15 --tpm "$swtpm" --passphrase-file pin
isnt "$(salt sealed.new.15)" "$before" 'under another salt'
ok 'the same PIN' use sealed.new.15 --passphrase-file pin
cat pin newpin >both
exec 7<both
ok 'reseal --pin' kb key reseal sealed.new.15 --tpm "$swtpm" --pin --passphrase-fd 7
exec 7<&-
ok 'the new PIN' use sealed.new.15 --passphrase-file newpin
refused 3 'PIN is wrong|0x98e' use sealed.new.15 --passphrase-file pin
before=$(sha256sum sealed.new.15 sealed.new.15.meta)
refused 3 'PIN is wrong|0x98e' kb key reseal sealed.new.15 --tpm "$swtpm" --passphrase-file badpin
extend 23
refused 3 'PCR 23 is' kb key reseal sealed.new.15 --tpm "$swtpm" --passphrase-file newpin
is "$(sha256sum sealed.new.15 sealed.new.15.meta)" "$before" 'a failure changes nothing'
kb tpm reset-lockout --tpm "$swtpm" -q

# --- back when a PCR has ended it

rm -f r.key r.key.meta
ok 'recover' kb key recover sealed.new.15 --tpm "$swtpm" -o r.key --recovery-passphrase-file word \
	--passphrase-file pin
ok 'works again, with the PIN that was given now' use r.key --passphrase-file pin
is "$(jq -c '.slots[] | select(.type == "tpm") | .policy | keys' r.key)" \
	'["counter","pcrs","pin","signer"]' 'and needs all that it needed'
ok 'reseal --no-policy' kb key reseal r.key --tpm "$swtpm" --passphrase-file pin --no-policy
ok 'needs nothing any more' use r.key
ok 'reseal --pcrs' kb key reseal r.key --tpm "$swtpm" --pcrs sha256:23
extend 23
refused 3 'PCR 23 is' use r.key
ok 'recover --no-policy --pin' kb key recover r.key --tpm "$swtpm" --no-policy --pin \
	--recovery-passphrase-file word --passphrase-file pin
ok 'works' use r.key --passphrase-file pin
ok 'reseal --rollback' kb key reseal r.key --tpm "$swtpm" --rollback $counter --passphrase-file pin
tpm2_pcrreset 23

# --- a counter ends what is bound to it, and the signed states below its limit

now=$((16#$(count)))
flush
ok 'a state under a limit' sign_state --rollback "$counter:$now" --replace
ok 'it counts' use tpm.new.2
ok 'a limit that lies ahead' make_key ahead.key tpm new --rollback "$counter:$((now + 1))"
tpm2_nvincrement -Q -C o $counter
flush
refused 3 "the counter $counter is $((now + 1)), and the limit $now" use tpm.new.2
ok 'a state under the next limit' sign_state --rollback "$counter:$((now + 1))"
stops 8 "the counter $counter is $((now + 1)), and the limit $now"
ok 'the one ahead still signs' use ahead.key
refused 3 'the counter .* is' use r.key --passphrase-file pin
refused 3 "over the limit $now" make_key late.key tpm new --rollback "$counter:$now"
ok 'recover takes the counter as it is' kb key recover r.key --tpm "$swtpm" \
	--recovery-passphrase-file word --passphrase-file pin
ok 'works again' use r.key --passphrase-file pin
is "$(jq '.slots[] | select(.type == "tpm") | .policy.counter.limit' r.key)" $((now + 1)) 'its limit'
tpm2_nvundefine -Q -C o $counter
refused 3 "no counter $counter any more" use ahead.key
refused 1 "no counter $counter" kb key recover r.key --tpm "$swtpm" --recovery-passphrase-file word \
	--passphrase-file pin
absent late.key late.key.meta
is "$(tpm2_getcap handles-transient; tpm2_getcap handles-loaded-session)" '' 'nothing stays in the TPM'

swtpm_stop
done_testing

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The table of keys that a TPM guards: form x algorithm x policy, on whatever TPM $tpm names. On the
# host tests/tpm/table.t judges what they sign by OpenSSL, in a guest tests/kernel/guarded.t by the
# kernel. Who sources this has tap.sh's functions, keyctl-bpf as kb, tpm_do in PATH, the current
# folder for the keys, and
#
#   taken NAME     a point: NAME.o, signed under NAME.crt, is taken by who verifies
#
# PCR 16 stands for what an update changes. It begins anew with the machine.

# shellcheck disable=SC2154 # object and tpm are theirs
readonly COUNTER=0x01800200
readonly GUARDS="none pin pcrs signed rollback pin+pcrs pin+signed pin+signed+rollback"
# What is left out has a name: p521 and rsa4096 are algorithms that these TPMs do not have.
TPM_ALGS="p256 p384 rsa2048 rsa3072" SEALED_ALGS="p256 p384 p521 rsa2048 rsa3072 rsa4096"
# A guest is slow, and 'make check' has the whole table on the host.
[ -z "${NARROW:-}" ] || [ -z "${GUEST:-}" ] || TPM_ALGS="p256 rsa2048" SEALED_ALGS="p256 p521"
umask 077

# cells: a line "FORM ALG GUARD" for each key. Without LONG each algorithm of a form meets one guard,
# and each guard one algorithm; with it all meet all.
cells() {
	local form alg guard algs

	for form in tpm sealed; do
		algs=$TPM_ALGS
		[ "$form" = tpm ] || algs=$SEALED_ALGS
		for alg in $algs; do
			for guard in $GUARDS; do
				[ -n "${LONG:-}" ] || [ "$alg" = p256 ] || [ "$guard" = pin+signed ] || continue
				echo "$form $alg $guard"
			done
		done
	done
}

# of GUARD: the options of 'key new'
of() {
	local words=()

	[[ $1 != *pin* ]] || words+=(--pin --passphrase-file pin)
	[[ $1 != *pcrs* ]] || words+=(--pcrs sha256:16)
	[[ $1 != *signed* ]] || words+=(--policy states)
	[[ $1 != *rollback* ]] || words+=(--rollback "$COUNTER")
	echo "${words[*]}"
}

# with GUARD: the options of every use
with() {
	[[ $1 != *pin* ]] || echo "--passphrase-file ${pin:-pin}"
}

# use NAME GUARD: a certificate, once, and an object signed; no point
use() {
	# shellcheck disable=SC2046 # words
	[ -e "$1.crt" ] || kb cert new --tpm "$tpm" --key "$1.key" --role build --name "$1" \
		-o "$1.crt" $(with "$2") || return
	# shellcheck disable=SC2046 # words
	kb sign "$object" --tpm "$tpm" --key "$1.key" --cert "$1.crt" -o "$1.o" --force $(with "$2")
}

# works NAME GUARD WHEN, fails NAME GUARD RC RE
works() {
	ok "$1: signs $3" use "$1" "$2"
	taken "$1"
}

fails() {
	rm -f "$1.o"
	refused "$3" "$4" use "$1" "$2"
	not_ok "$1: nothing was written" test -e "$1.o"
}

sign_state() {
	ok "the state of the machine is signed" \
		kb key policy sign states --key policy.key --pcrs sha256:16 --tpm "$tpm"
}

# before_keys: what policies are made of
before_keys() {
	echo 'a PIN of the table' >pin
	echo 'another PIN' >wrong
	openssl ecparam -name prime256v1 -genkey -noout -out recovery.key
	openssl pkey -in recovery.key -pubout -out recovery.pub
	ok "a counter" tpm_do "$tpm" counter-new $COUNTER
	ok "a policy key" kb key new --form file --alg p256 -o policy.key
	ok "a signed policy" kb key policy new --key policy.key --ref table -o states
	sign_state
}

make_keys() {
	local form alg guard name more

	while read -r form alg guard; do
		name=$form-$alg-$guard
		more=()
		[ "$form" = tpm ] || more=(--recovery recovery.pub --recovery-key recovery.key)
		# shellcheck disable=SC2046 # words
		ok "$name: made" kb key new --form "$form" --alg "$alg" --tpm "$tpm" -o "$name.key" \
			"${more[@]}" $(of "$guard")
		ok "$name: shown as usable" kb key show "$name.key" --tpm "$tpm" --check
		works "$name" "$guard" "when it is new"
	done < <(cells)
}

use_keys() {
	local form alg guard

	while read -r form alg guard; do
		works "$form-$alg-$guard" "$guard" "$1"
	done < <(cells)
}

# --- what goes wrong, each with its sentence; what it does not concern goes on working

# cut_short NAME: short.key is what a full disk might have left of it
cut_short() {
	head -c $(($(stat -c %s "$1.key") - 200)) "$1.key" >short.key
	cp "$1.key.meta" short.key.meta
	cp "$1.crt" short.crt
}

# one_bit NAME: a bit of what the TPM wrote, deep in the file's base64
one_bit() {
	if grep -q '"form": "sealed"' "$1.key"; then
		jq --indent 2 '(.slots[] | select(.type == "tpm") | .private) |=
			((.[0:40]) + (if .[40:41] == "A" then "B" else "A" end) + .[41:])' "$1.key"
	else
		awk '{ l[NR] = $0 } END { n = NR - 2
			c = substr(l[n], 9, 1) == "A" ? "B" : "A"
			l[n] = substr(l[n], 1, 8) c substr(l[n], 10)
			for (i = 1; i <= NR; i++) print l[i] }' "$1.key"
	fi >bit.key
	cp "$1.key.meta" bit.key.meta
	cp "$1.crt" bit.crt
}

spoiled_files() {
	local form n

	for form in tpm sealed; do
		n=$form-p256-none
		cut_short "$n"
		fails short none 1 .
		one_bit "$n"
		fails bit none 3 '0x1df|was changed'
		works "$n" none "after its copies were spoiled"
	done
}

wrong_pins() {
	local form n

	for form in tpm sealed; do
		n=$form-p256-pin
		pin=wrong fails "$n" pin 3 'PIN.*hint: '
		works "$n" pin "with the right PIN afterwards"
		ok "the wrong PIN is forgotten" kb tpm reset-lockout --tpm "$tpm"
	done
}

# After an update: PCR 16 is another. Literal policies are broken, signed ones until they are signed.
changed_pcr() {
	local form

	ok "an update" tpm_do "$tpm" extend 16
	for form in tpm sealed; do
		fails $form-p256-pcrs pcrs 3 'PCR 16 is '
		fails $form-p256-signed signed 3 'no signed state.*PCR 16 is '
		works $form-p256-none none "after the update"
	done
	sign_state
	for form in tpm sealed; do
		works $form-p256-signed signed "when the update is signed"
		works $form-p256-pin+signed pin+signed "when the update is signed"
		fails $form-p256-pcrs pcrs 3 'PCR 16 is '
	done
	refused 3 'cannot be used now.*PCR 16 is ' kb key show tpm-p256-pcrs.key --tpm "$tpm" --check
}

moved_counter() {
	local form

	ok "the counter moves" tpm_do "$tpm" counter-up $COUNTER
	for form in tpm sealed; do
		fails $form-p256-rollback rollback 3 "the counter $COUNTER is .*, and the limit "
		works $form-p256-pin pin "when the counter has moved"
	done
}

another_tpm() {
	local form mine=$tpm

	ok "another TPM" kb key new --alg p256 --tpm embedded:other -o other.key
	tpm=embedded:other
	for form in tpm sealed; do
		fails $form-p256-none none 3 'made (in another TPM|on another machine)'
	done
	tpm=$mine
}

# The last: nothing of this TPM is left.
cleared_tpm() {
	local form n=sealed-p256-pin

	ok "the TPM is cleared" tpm_do "$tpm" clear
	for form in tpm sealed; do
		fails $form-p256-none none 3 'cleared'
	done
	ok "$n: recovered" kb key recover $n.key --tpm "$tpm" --recovery-key recovery.key \
		--passphrase-file pin
	works $n pin "after it was recovered"
	fails tpm-p256-pin pin 3 'cleared'
}

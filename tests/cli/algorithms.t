#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Algorithms and hashes on the command line: each that is offered signs and verifies, each other
# one is refused with its sentence; what differs between kernels is said at sign and at verify.

# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl

one=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
late='SHA-3 unless they can load their module sha3'
k=(--key k.key --cert k.pem)
export one

# new ALG [ARG...]: k.key and k.pem
new() {
	rm -f k.key* k.pem
	kb -q key new --form file --alg "$1" -o k.key 2>err &&
		kb -q cert new --key k.key --role build --name "$1" -o k.pem "${@:2}" 2>err
}

# --- hashes
new p384
run kb sign "$one" "${k[@]}" -o plain.o --json
is "$err" '' "the default says nothing"
json '.result.signer | .hash, (.limits | length)' $'sha256\n0' "sha256, which every kernel takes"
for hash in sha256 sha384 sha512 sha3-256 sha3-384 sha3-512; do
	run kb sign "$one" "${k[@]}" --hash $hash -o $hash.o --json
	is "$rc" 0 "$hash signs"
	json '.result.signer.hash' $hash "and is named"
	case $hash in
	sha256) want='' ;;
	sha3-*) want="$late" ;;
	*) want="Linux 7.1 refuses SHA-${hash#sha} unless it can load its module sha512" ;;
	esac
	like "$err" "^${want:+warning: .*}$want" "with the kernels that refuse it"
	json '.result.signer.limits | length' "$((${#want} > 0))" "in the answer, too"
	run kb inspect $hash.o --json
	json '[.result.signatures[].hash] | unique | join(" ")' $hash "inspect: all three signatures"
	for v in all 6.18 7.0 7.1 7.2 7.3; do
		run kb verify $hash.o --cert k.pem --kernel $v --json
		is "$rc" 0 "$hash verifies for $v"
		case $hash.$v in
		sha3-*.all | sha3-*.7.[123]) re="$late" ;;
		sha384.all | sha384.7.1 | sha512.all | sha512.7.1) re='Linux 7.1 refuses SHA-' ;;
		*) re='^null$' ;;
		esac
		like "$(jq -r '.result.objects[0].condition' <<<"$out")" "$re" "and says on what it depends"
		[ "$re" = '^null$' ] || like "$err" "warning: .*$re" "not in the answer alone"
	done
done
for bad in md5 sha1 sha224 sha3-224; do
	refused 3 "^keyctl-bpf: the hash '$bad' is too weak to sign with" \
		kb sign "$one" "${k[@]}" --hash $bad -o bad.o
	refused 3 "too weak" kb cert new --key k.key --role build --name x --hash $bad -o bad.o
done
refused 3 "no kernel takes the hash 'sha512-256'" kb sign "$one" "${k[@]}" --hash sha512-256 -o bad.o
like "$err" "hint: leave it out for sha256" "with the way out"
refused 2 "no hash 'sha999'" kb sign "$one" "${k[@]}" --hash sha999 -o bad.o
refused 3 "too weak" kb sign --raw "$one" "${k[@]}" --hash sha1 -o bad.o
absent bad.o
ok "raw bytes sign with another hash" kb sign --raw "$one" "${k[@]}" --hash sha512 -o raw.der
ok "which openssl verifies" openssl cms -verify -binary -inform DER -in raw.der -content "$one" \
	-certfile k.pem -nointern -noverify -out /dev/null
like "$(openssl cms -cmsout -print -inform DER -in raw.der)" "ecdsa-with-SHA512" "as that"

# --- certificates
for hash in sha256 sha384 sha512; do
	run kb cert new --key k.key --role anchor --name x --hash $hash -o a-$hash.pem --json
	json '.result.signature_hash' $hash "cert new --hash $hash"
	ok "openssl verifies it" openssl verify -partial_chain -CAfile a-$hash.pem a-$hash.pem
done
kb -q key new --form file --alg rsa3072 -o leaf.key 2>/dev/null
ok "a request" kb cert request --key leaf.key --name leaf -o leaf.csr
run kb cert issue leaf.csr --ca a-sha384.pem --ca-key k.key --role build --hash sha3-512 -o leaf.pem --json
# OpenSSL 3.0 does not know ECDSA over SHA-3 in certificates; whoever does gets one.
if [ "$rc" = 0 ]; then
	json '.result.signature_hash' sha3-512 "cert issue --hash sha3-512"
else
	is "$rc" 4 "this OpenSSL cannot"
	like "$err" "this OpenSSL reads no certificates that a key 'p384' signed with 'sha3-512'" "and says so"
	absent leaf.pem
fi
run kb cert issue leaf.csr --ca a-sha384.pem --ca-key k.key --role build --hash sha512 -f -o leaf.pem --json
json '.result.signature_hash' sha512 "cert issue --hash sha512"
new rsa2048 --hash sha3-256
run kb cert show k.pem --json
json '.result.certificates[0].signature_hash' sha3-256 "RSA over SHA-3 in a certificate"

# --- algorithms, in a file
for alg in p256 p384 p521 rsa2048 rsa3072 rsa4096; do
	ok "$alg: key and certificate" new $alg
	run kb sign "$one" "${k[@]}" -o $alg.o --json
	json '.result.signer | .algorithm, (.limits | length)' "$alg"$'\n0' "$alg signs for every kernel"
	ok "$alg verifies" kb verify $alg.o --cert k.pem
done
refused 2 "no key algorithm 'ed25519'" kb key new --form file --alg ed25519 -o no.key
like "$err" "hint: there are p256, p384, p521, rsa2048, rsa3072, rsa4096, ml-dsa-44, ml-dsa-65, ml-dsa-87" "what there is"

# --- ML-DSA: by what OpenSSL says of itself
for alg in ml-dsa-44 ml-dsa-65 ml-dsa-87; do
	if ! openssl list -public-key-algorithms | grep -qi "$alg"; then
		refused 4 "^keyctl-bpf: cannot make key 'no.key': this OpenSSL has no ML-DSA \('$alg'\)" \
			kb key new --form file --alg $alg -o no.key
		like "$err" "hint: use OpenSSL 3.5 or later" "with the way out"
		absent no.key no.key.meta
		continue
	fi
	ok "$alg: key and certificate" new $alg
	ok "openssl verifies the certificate" openssl verify -partial_chain -CAfile k.pem k.pem
	run kb sign "$one" "${k[@]}" -o $alg.o --json
	is "$rc" 0 "$alg signs"
	json '.result.signer | .algorithm, .hash, (.limits | length)' "$alg"$'\nsha512\n2' "and is named"
	like "$err" "warning: .*6.18 and 6.19 know no ML-DSA" "with the kernels that know it not"
	like "$err" "warning: .*Linux 7.0 and later refuse ML-DSA unless built with CONFIG_CRYPTO_MLDSA" \
		"and those that may"
	run kb inspect $alg.o --json
	json '[.result.signatures[].algorithm] | unique | join(" ")' $alg "inspect"
	for v in all 6.18 6.19; do
		refused 3 "6.18 and 6.19 know no ML-DSA" kb verify $alg.o --cert k.pem --kernel $v
	done
	for v in 7.0 7.3; do
		run kb verify $alg.o --cert k.pem --kernel $v --json
		json '.result.objects[0] | .result, .condition[0:31]' $'OK\nLinux 7.0 and later refuse ML-D' \
			"verify for $v"
	done
	refused 2 "the hash 'sha256' does not go with a key '$alg'" \
		kb sign "$one" "${k[@]}" --hash sha256 -o bad.o
	kb -q key new --form file -o ca.key 2>/dev/null
	kb -q cert new --key ca.key --role anchor --name ca -o ca.pem -f
	rm -f x.csr x.pem
	ok "$alg: request" kb cert request --key k.key --name x -o x.csr
	ok "$alg: issued by another" kb cert issue x.csr --ca ca.pem --ca-key ca.key --role build -o x.pem
	ok "openssl verifies it" openssl verify -CAfile ca.pem x.pem
	rm -f ca.key* x.pem a.pem
	kb -q cert new --key k.key --role anchor --name pq -o a.pem
	kb -q cert request --key leaf.key --name y -o x.csr -f
	ok "$alg: as an anchor" kb cert issue x.csr --ca a.pem --ca-key k.key --role build -o x.pem
	ok "openssl verifies it" openssl verify -CAfile a.pem x.pem
done

# --- in a TPM
tpm=embedded:$T/tpm
refused 4 "has no 'ml-dsa-65'|this OpenSSL has no ML-DSA" kb key new --tpm "$tpm" --alg ml-dsa-65 -o no.key
absent no.key no.key.meta
for alg in p384 p521 rsa3072; do
	rm -f k.key* k.pem t.o
	ok "$alg: key new in the TPM" kb key new --tpm "$tpm" --alg $alg -o k.key
	ok "$alg: cert new" kb cert new --tpm "$tpm" --key k.key --role build --name t --hash sha384 -o k.pem
	for hash in sha256 sha384 sha512; do
		ok "$alg: $hash" kb sign --tpm "$tpm" "$one" "${k[@]}" --hash $hash -f -o t.o
		ok "$alg: $hash verifies" kb verify t.o --cert k.pem
	done
	refused 4 "TPM keys sign no sha3-256 digests" \
		kb sign --tpm "$tpm" "$one" "${k[@]}" --hash sha3-256 -o no.o
	absent no.o
done
refused 4 "has no 'rsa4096'" kb key new --tpm "$tpm" --alg rsa4096 -o no.key
absent no.key no.key.meta
done_testing

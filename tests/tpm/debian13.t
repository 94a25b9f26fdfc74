#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian 13's tpm2-openssl 1.3 and tpm2-tools read our key files and sign with them, and we read
# what they write. They run in the Debian 13 root, against a swtpm out here.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm openssl jq
need_root

umask 077
mkdir shared
in13() {
	"$top/tests/kernel/lib/tpm13" "$T/shared" "$@"
}

export CACHE=${CACHE:-$top/build/cache}
[[ $CACHE = /* ]] || CACHE=$top/$CACHE
in13 true 2>log || { [ $? = 77 ] && skip_all "$(tail -n 1 log)"; }
swtpm_start
export TPM2OPENSSL_TCTI=$swtpm TPM2TOOLS_TCTI=$swtpm
# shellcheck disable=SC2016 # dpkg's variable
like "$(in13 dpkg-query -W -f '${Version}' tpm2-openssl)" '^1\.[3-9]' "their tpm2-openssl"
cd shared || exit 1
echo 'signed by the TPM' >data

provider() {
	in13 openssl "$1" -provider default -provider tpm2 -propquery '?tpm2.signature=yes' "${@:2}"
}

for alg in p256 p384 rsa2048; do
	kb --quiet key new --alg "$alg" --tpm "$swtpm" -o "$alg.pem"
	kb --quiet cert new --key "$alg.pem" --role build --name "$alg" --tpm "$swtpm" -o "$alg.crt"
	ok "$alg: tpm2-openssl loads it" provider pkey -in "$alg.pem" -pubout -out "$alg.pub"
	ok "$alg: and signs" provider dgst -sha256 -sign "$alg.pem" -out "$alg.sig" data
	ok "$alg: which OpenSSL verifies" openssl dgst -sha256 -verify "$alg.pub" -signature "$alg.sig" data
	ok "$alg: it makes a CMS" provider cms -sign -binary -noattr -nosmimecap -nocerts -keyid \
		-md sha256 -signer "$alg.crt" -inkey "$alg.pem" -in data -outform DER -out "$alg.p7"
	ok "$alg: which OpenSSL verifies, too" openssl cms -verify -binary -inform DER -in "$alg.p7" \
		-content data -certfile "$alg.crt" -nointern -noverify -out out
	ok "$alg: tpm2_load loads it" in13 tpm2_load -Q -r "$alg.pem" -c "$alg.ctx"
	ok "$alg: tpm2_sign signs" in13 tpm2_sign -Q -c "$alg.ctx" -g sha256 -f plain -o "$alg.sig2" data
	ok "$alg: which OpenSSL verifies as well" \
		openssl dgst -sha256 -verify "$alg.pub" -signature "$alg.sig2" data
	in13 tpm2_flushcontext -t
done

for alg in 'EC -pkeyopt group:P-256' 'RSA -pkeyopt bits:2048'; do
	# shellcheck disable=SC2086 # words
	ok "genpkey ${alg%% *}" in13 openssl genpkey -provider tpm2 -provider default \
		-propquery provider=tpm2 -algorithm $alg -out theirs.pem
	ok "its key signs for us" kb cert new --key theirs.pem --role build --name theirs \
		--tpm "$swtpm" -o theirs.crt --force
	ok "and that verifies" openssl verify -CAfile theirs.crt -partial_chain theirs.crt
done

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other people's tools as judges: tpm2-openssl and tpm2-tools read our key files and sign with
# them, and we read what they write.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_load openssl jq

swtpm_start
export TPM2OPENSSL_TCTI=$swtpm TPM2TOOLS_TCTI=$swtpm
tpm2_startup -c 2>/dev/null
openssl list -providers -provider tpm2 >/dev/null 2>&1 || skip_all "tpm2-openssl is not installed"
echo 'signed by the TPM' >data

provider() {
	openssl "$1" -provider default -provider tpm2 -propquery '?tpm2.signature=yes' "${@:2}"
}

for alg in p256 p384 p521 rsa2048 rsa3072; do
	ok "$alg: key new" kb key new --alg "$alg" --tpm "$swtpm" -o "$alg.pem"
	ok "$alg: tpm2-openssl loads it" provider pkey -in "$alg.pem" -pubout -out "$alg.pub"
	ok "$alg: and signs" provider dgst -sha256 -sign "$alg.pem" -out "$alg.sig" data
	ok "$alg: OpenSSL verifies" openssl dgst -sha256 -verify "$alg.pub" -signature "$alg.sig" data
	not_ok "$alg: but not other data" \
		openssl dgst -sha256 -verify "$alg.pub" -signature "$alg.sig" "$alg.pem"
	ok "$alg: tpm2_load loads it" tpm2_load -r "$alg.pem" -c "$alg.ctx"
	ok "$alg: tpm2_sign signs" tpm2_sign -c "$alg.ctx" -g sha256 -f plain -o "$alg.sig2" data
	ok "$alg: OpenSSL verifies that, too" \
		openssl dgst -sha256 -verify "$alg.pub" -signature "$alg.sig2" data
	tpm2_flushcontext -t
done

# The certificate that we make with the key holds what tpm2-openssl says is its public half.
ok "cert new" kb cert new --key p256.pem --role build --name judge --tpm "$swtpm" -o cert.pem
is "$(openssl x509 -in cert.pem -noout -pubkey)" "$(cat p256.pub)" "with the same public key"
ok "which verifies" openssl verify -CAfile cert.pem -partial_chain cert.pem
ok "tpm2-openssl makes a CMS with both" openssl cms -sign -binary -noattr -nosmimecap -nocerts -keyid \
	-provider default -provider tpm2 -propquery '?tpm2.signature=yes' -md sha256 \
	-signer cert.pem -inkey p256.pem -in data -outform DER -out data.p7s

# The other way round: a key that the provider makes, in its own form (TRUE as 1).
ok "tpm2-openssl makes a key" openssl genpkey -provider tpm2 -provider default -propquery provider=tpm2 \
	-algorithm EC -pkeyopt group:P-256 -out theirs.pem
chmod 600 theirs.pem
ok "key show reads it" kb key show theirs.pem
ok "cert new signs with it" kb cert new --key theirs.pem --role build --name theirs --tpm "$swtpm" -o theirs.crt
ok "and it verifies" openssl verify -CAfile theirs.crt -partial_chain theirs.crt
is "$(openssl x509 -in theirs.crt -noout -pubkey)" "$(provider pkey -in theirs.pem -pubout)" \
	"the public key is theirs"

# A persistent storage root key, as an operating system leaves it, is used when it is there.
tpm2_createprimary -Q -C o -g sha256 -G ecc -c srk.ctx
tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_flushcontext -t
run kb tpm show --tpm "$swtpm" --json
json '.result.srk_persistent' true "a persistent storage root key is seen"
srk=$(tpm2_readpublic -c 0x81000001 | sed -n 's/^name: //p')
json '.result.srk_name' "$srk" "with the name that tpm2-tools print"
ok "key new uses it" kb key new --tpm "$swtpm" -o under.pem
ok "tpm2-openssl loads the key under it" provider pkey -in under.pem -pubout -out under.pub
ok "and signs" provider dgst -sha256 -sign under.pem -out under.sig data
ok "OpenSSL verifies" openssl dgst -sha256 -verify under.pub -signature under.sig data
run jq -r '.. | .srk_name? // empty' under.pem.meta
is "$out" "$srk" "its sidecar names it"

# Another TPM.
swtpm_stop
rm -rf swtpm
swtpm_start
refused 3 "the key was made in another TPM, whose storage root key is $srk" \
	kb cert new --key under.pem --role build --name x --tpm "$swtpm" -o never.pem
refused 3 "the key was made in another TPM, whose storage root key is" \
	kb cert new --key p256.pem --role build --name x --tpm "$swtpm" -o never.pem
rm p256.pem.meta
run kb cert new --key p256.pem --role build --name x --tpm "$swtpm" -o never.pem
isnt "$rc" 0 "without its sidecar the key does not work there either"
absent never.pem

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys that others made, taken into a TPM: the key stays the same, other people's tools use it, and
# the private half is not seen on the way.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_load openssl jq

umask 077
swtpm_start
export TPM2OPENSSL_TCTI=$swtpm TPM2TOOLS_TCTI=$swtpm
tpm2_startup -c 2>/dev/null
openssl list -providers -provider tpm2 >/dev/null 2>&1 || skip_all "tpm2-openssl is not installed"
echo 'signed by the TPM' >data
echo secret >word
object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')

provider() {
	openssl "$1" -provider default -provider tpm2 -propquery '?tpm2.signature=yes' "${@:2}"
}

openssl genrsa -out rsa2048.pem 2048 2>/dev/null
openssl genrsa -out rsa3072.pem 3072 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out p256.pem
openssl ecparam -name secp384r1 -genkey -noout -out p384.pem

# check ALG: everything that must hold of ALG.key, made from ALG.pem
check() {
	local alg=$1

	is "$(jq -r '[.form, .alg, .imported, .tpm_kind] | join(" ")' "$alg.key.meta")" \
		"tpm $alg true swtpm" "$alg: the sidecar"
	is "$(jq -r .public_hash "$alg.key.meta")" \
		"$(openssl pkey -in "$alg.pem" -pubout -outform DER | sha256sum | cut -d' ' -f1)" "$alg: the same key"
	ok "$alg: key show" kb key show "$alg.key"
	ok "$alg: tpm2-openssl signs" provider dgst -sha256 -sign "$alg.key" -out "$alg.sig" data
	ok "$alg: which the original verifies" openssl dgst -sha256 \
		-verify <(openssl pkey -in "$alg.pem" -pubout) -signature "$alg.sig" data
	ok "$alg: tpm2_load loads it" tpm2_load -r "$alg.key" -c "$alg.ctx"
	is "$(tpm2_readpublic -c "$alg.ctx" | sed -n 's/^name: //p')" "$(jq -r .key_name "$alg.key.meta")" \
		"$alg: under the name in the sidecar"
	unlike "$(tpm2_readpublic -c "$alg.ctx" | sed -n '/^attributes/,/raw/p')" 'fixedtpm|sensitivedataorigin' \
		"$alg: and the TPM does not claim to have made it"
	tpm2_flushcontext -t
	ok "$alg: sign with the original's certificate" \
		kb sign "$object" --key "$alg.key" --cert "$alg.crt" --tpm "$swtpm" -o "$alg.o" --force
	ok "$alg: verify" kb verify "$alg.o" --cert "$alg.crt"
}

for alg in p256 p384 rsa2048 rsa3072; do
	kb --quiet cert new --key $alg.pem --role build --name $alg -o $alg.crt 2>/dev/null
	ok "$alg: import" kb key import $alg.pem --tpm "$swtpm" -o $alg.key
	check $alg
done
openssl pkcs12 -export -inkey p256.pem -in p256.crt -passout file:word -out p256.p12
ok "PKCS#12 with a passphrase" kb key import p256.p12 --passphrase-file word --tpm "$swtpm" -o p256.key --force
check p256

# Under a persistent storage root key, EC and RSA.
for kind in ecc rsa; do
	tpm2_createprimary -Q -C o -g sha256 -G $kind -c srk.ctx
	tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
	tpm2_flushcontext -t
	ok "under a persistent $kind key" kb key import p384.pem --tpm "$swtpm" -o p384.key --force
	is "$(jq -r .srk_name p384.key.meta)" "$(tpm2_readpublic -c 0x81000001 | sed -n 's/^name: //p')" \
		"which the sidecar names"
	check p384
	tpm2_evictcontrol -Q -C o -c 0x81000001
done
for what in handles-transient handles-loaded-session handles-saved-session; do
	is "$(tpm2_getcap $what)" '' "no $what left"
done

# What is refused leaves nothing.
openssl ecparam -name secp256k1 -genkey -noout -out koblitz.pem
refused 3 'none that kernels take' kb key import koblitz.pem --tpm "$swtpm" -o n.key
refused 4 'in a TPM already' kb key import p256.key --tpm "$swtpm" -o n.key
refused 1 'exists already' kb key import p256.pem --tpm "$swtpm" -o p256.key
run kb key import p256.pem --tpm "$swtpm" -o n.key --dry-run
is "$rc" 0 'a dry run'
run kb key import p256.pem --tpm embedded:nothing -o n.key --dry-run
is "$rc" 0 'a dry run without the TPM'
absent n.key n.key.meta nothing

# Sent in clear, the number would be in what the TPM was sent.
if strace -qq -o /dev/null true 2>/dev/null; then
	export ASAN_OPTIONS=detect_leaks=0
	strace -f -xx -s 65536 -e trace=network,write,writev,sendto,sendmsg -o trace \
		"$KB" key import p256.pem --tpm "$swtpm" -o seen.key 2>/dev/null
	# part NAME: the bytes that 'openssl ec -text' shows below NAME
	part() {
		openssl ec -in p256.pem -text -noout 2>/dev/null |
			awk -v name="$1:" '/^[a-zA-Z]/ { p = $1 == name; next } p' | tr -d ' :\n'
	}
	number=$(part priv) public=$(part pub)
	number=${number: -64}
	is "${#number} ${#public}" '64 130' 'both halves are known'
	hexes() {
		local i

		for ((i = 0; i < ${#1}; i += 2)); do printf '\\x%s' "${1:i:2}"; done
	}
	ok 'the public half is in what was sent' grep -qF -- "$(hexes "${public:2:64}")" trace
	not_ok 'the private half is not' grep -qF -- "$(hexes "${number:0:32}")" trace
else
	skip 3 'strace does not work here'
fi

done_testing

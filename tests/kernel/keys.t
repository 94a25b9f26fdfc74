#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys from everywhere: what they sign on the host, the guest's kernel verifies and loads. Of
# tpm2-openssl there are Debian 12's keys (theirs) and Debian 13's (theirs13).
# lab: one kernel will do

here=$(cd -- "$(dirname -- "$0")" && pwd)
readonly keys="token p12 rsa3072 p384 imported theirs theirs13"

# on_host DIR: the keys, their certificates, and an object signed with each, all in DIR
on_host() {
	local kb=$O/keyctl-bpf hsm object tpm swtpm k r=0
	object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
	rm -rf "$1" && mkdir -p "$1/tokens" "$1/swtpm" && cd "$1" || return
	umask 077

	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out plain.pem
	echo 1234 >pin
	printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$PWD/tokens" >hsm.conf
	SOFTHSM2_CONF=$PWD/hsm.conf softhsm2-util --init-token --free --label build --pin 1234 --so-pin 5678
	SOFTHSM2_CONF=$PWD/hsm.conf softhsm2-util --import plain.pem --token build --label k --id 01 --pin 1234
	hsm=(--pkcs11-module "$(dpkg -L libsofthsm2 | grep -m1 '/softhsm/libsofthsm2\.so$')"
		--pkcs11-env "SOFTHSM2_CONF=$PWD/hsm.conf" --passphrase-file pin)
	signs token "pkcs11:token=build;object=k" "${hsm[@]}"

	openssl genrsa -out p.pem 2048
	openssl req -x509 -new -key p.pem -subj /CN=p -days 1 -out p.crt
	openssl pkcs12 -export -inkey p.pem -in p.crt -passout file:pin -out p12.p12
	signs p12 p12.p12 --passphrase-file pin

	tpm=(--tpm "embedded:$PWD/tpm")
	for k in rsa3072 p384; do
		"$kb" key new --alg $k "${tpm[@]}" -o $k.key && signs $k $k.key "${tpm[@]}"
	done
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass file:pin -out locked.pem
	"$kb" key import locked.pem --passphrase-file pin "${tpm[@]}" -o imported.key &&
		signs imported imported.key "${tpm[@]}"

	swtpm socket --tpm2 --tpmstate dir=swtpm --server type=unixio,path=sock \
		--ctrl type=unixio,path=sock.ctrl --flags not-need-init,startup-clear &
	swtpm=$!
	for _ in {1..50}; do [ -S sock ] && break; sleep 0.1; done
	TPM2OPENSSL_TCTI=swtpm:path=$PWD/sock openssl genpkey -provider tpm2 -provider default \
		-propquery provider=tpm2 -algorithm EC -pkeyopt group:P-256 -out theirs.pem
	signs theirs theirs.pem --tpm "swtpm:path=$PWD/sock"

	TPM2OPENSSL_TCTI=swtpm:path=/tmp/work/sock "$here/lib/tpm13" "$PWD" sh -c 'set -e
		dpkg-query -W tpm2-openssl
		openssl genpkey -provider tpm2 -provider default -propquery provider=tpm2 \
			-algorithm EC -pkeyopt group:P-256 -out theirs13.pem' || r=$?
	[ "$r" != 77 ] || touch theirs13.none
	signs theirs13 theirs13.pem --tpm "swtpm:path=$PWD/sock"
	kill "$swtpm"
}

# signs NAME KEY OPTION...: certificate and object
signs() {
	"$kb" cert new --key "$2" "${@:3}" --role build --name "$1" -o "$1.crt" &&
		"$kb" sign "$object" --key "$2" --cert "$1.crt" "${@:3}" -o "$1.o"
}

if [ -z "${GUEST-}" ]; then
	export O
	O=$(cd "$here/../.." && realpath -m "${O:-build}")
	made=tests/kernel/keys.${KERNEL:-7.3}
	(on_host "$O/$made") >"$O/$made.log" 2>&1 </dev/null
	guest_files=
	for k in $keys; do
		for f in "$k.crt" "$k.o" "$k.none"; do
			# One that is missing is a failed point in the guest, which the log explains.
			# shellcheck disable=SC2016 # the driver expands it
			[ -e "$O/$made/$f" ] && guest_files+=' $O/'"$made/$f"
		done
	done
fi

# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

cd "$O/tests/kernel/keys.$KERNEL" || exit 1
ok "the keyring is made" keyctl-bpf keyring create
[ ! -e theirs13.none ] || skip 3 "theirs13: the host cannot enter a Debian 13 root"
usable=
for k in $keys; do
	[ -e "$k.none" ] || usable+=" $k"
done
for k in $usable; do
	refused 3 . keyctl-bpf load "$k.o"
	ok "$k: enrolled" keyctl-bpf keyring enroll "$k.crt"
done
[ "$KERNEL" != native ] || ok "sealed, or it does not count" keyctl-bpf keyring seal --profile locked --yes
for k in $usable; do
	ok "$k: loads" keyctl-bpf load "$k.o"
done
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys on a PKCS#11 token: SoftHSM plays it. What signs, and what each refusal says.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl softhsm2-util

umask 077
object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
lib=$(dpkg -L libsofthsm2 | grep -m1 '/softhsm/libsofthsm2\.so$')
mkdir tokens
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$T/tokens" >hsm.conf
export SOFTHSM2_CONF=$T/hsm.conf
echo 1234 >pin
echo 9999 >wrong
module=(--pkcs11-module "$lib" --pkcs11-env "SOFTHSM2_CONF=$T/hsm.conf")
hsm=("${module[@]}" --passphrase-file pin)

# put LABEL ID FILE: a key onto the token
put() {
	openssl pkcs8 -topk8 -nocrypt -in "$3" -out "$3.p8" &&
		softhsm2-util --import "$3.p8" --token build --label "$1" --id "$2" --pin 1234 >/dev/null
}

softhsm2-util --init-token --free --label build --pin 1234 --so-pin 5678 >/dev/null
openssl genrsa -out rsa2048.pem 2048 2>/dev/null
openssl genrsa -out rsa3072.pem 3072 2>/dev/null
for curve in 256:prime256v1 384:secp384r1 521:secp521r1; do
	openssl ecparam -name "${curve#*:}" -genkey -noout -out "p${curve%:*}.pem"
done
n=0
for k in rsa2048 rsa3072 p256 p384 p521; do
	n=$((n + 1))
	ok "$k onto the token" put $k 0$n $k.pem
done

uri() {
	echo "pkcs11:token=build;object=$1"
}

for k in rsa2048 rsa3072 p256 p384 p521; do
	run kb key show "$(uri $k)" "${hsm[@]}" --json
	json '.result.form, .result.algorithm' "pkcs11"$'\n'"$k" "$k: key show"
	json .result.public_hash \
		"$(openssl pkey -in $k.pem -pubout -outform DER | sha256sum | cut -d' ' -f1)" "$k: the same key"
	ok "$k: cert new" kb cert new --key "$(uri $k)" "${hsm[@]}" --role build --name $k -o $k.crt
	ok "$k: openssl verifies it" openssl verify -CAfile $k.crt -partial_chain $k.crt
	ok "$k: sign" kb sign "$object" --key "$(uri $k)" --cert $k.crt "${hsm[@]}" -o $k.o
	ok "$k: verify" kb verify $k.o --cert $k.crt
done
ok "by id" kb key show 'pkcs11:token=build;id=%03' "${hsm[@]}"
ok "whatever type= says" kb key show 'pkcs11:token=build;object=p256;type=public' "${hsm[@]}"
ok "pin-source" kb key show "$(uri p256)?pin-source=file:$T/pin" "${module[@]}"
ok "pin-source goes first" kb key show "$(uri p256)?pin-source=$T/pin" "${module[@]}" --passphrase-file wrong
ok "PIN by descriptor" kb key show "$(uri p256)" "${module[@]}" --passphrase-fd 7 7<pin
ok "several objects, one login" kb sign "$object" "$(dirname "$object")/xdpdump_xdp.o" \
	--key "$(uri p256)" --cert p256.crt "${hsm[@]}" -o "$T" --log log
is "$(jq -r .key log | sort -u)" "$(uri p256)" "the log names the URI"
ok "with a query" kb sign --raw pin --key "$(uri p256)?pin-source=$T/pin" --cert p256.crt "${module[@]}" \
	-o raw.p7s --log log
is "$(tail -n 1 log | jq -r .key)" "$(uri p256)" "which the log leaves out"
refused 3 "not the certificate|another key|does not belong|certificate 'rsa2048.crt'" \
	kb sign "$object" --key "$(uri p256)" --cert rsa2048.crt "${hsm[@]}" -o n.o
refused 2 "no certificate comes with the key 'pkcs11:token=build;object=p256'" \
	kb sign "$object" --key "$(uri p256)" "${hsm[@]}" -o n.o

# What is wrong, each with its sentence.
refused 1 "the token 'build' has no private key that fits" kb key show "$(uri none)" "${hsm[@]}"
refused 2 "more than one private key of the token 'build'" kb key show 'pkcs11:token=build' "${hsm[@]}"
refused 4 'no token fits the URI' kb key show 'pkcs11:token=other;object=p256' "${hsm[@]}"
refused 2 'not a valid pkcs11: URI' kb key show 'pkcs11:token=%zz' "${hsm[@]}"
refused 2 'not known' kb key show 'pkcs11:token=build;colour=red;object=p256' "${hsm[@]}"
refused 2 'names a module' kb key show "$(uri p256)?module-path=/evil.so" "${hsm[@]}"
refused 4 "cannot load the PKCS#11 module '/none.so': No such file" \
	kb key show "$(uri p256)" --pkcs11-module /none.so
refused 4 "cannot load the PKCS#11 module" kb key show "$(uri p256)" --pkcs11-module "$(ldd "$KB" | awk '/libz\./ { print $3 }')"
refused 2 'not an absolute path' kb key show "$(uri p256)" --pkcs11-module libsofthsm2.so
cp "$lib" mine.so && chmod 666 mine.so
refused 3 "'$T/mine.so' \(owner [0-9]+, mode 0666\) can be changed by others" \
	kb key show "$(uri p256)" --pkcs11-module "$T/mine.so"
refused 2 "does not set 'LD_PRELOAD'" kb key show "$(uri p256)" --pkcs11-env LD_PRELOAD=/evil.so
refused 2 'takes NAME=VALUE' kb key show "$(uri p256)" --pkcs11-env nonsense
refused 4 'does not leave it' kb key import "$(uri p256)" --form file "${hsm[@]}" -o n.pem
refused 2 "absolute path of a file" kb key show "$(uri p256)?pin-source=pin" "${module[@]}"
absent n.o n.pem

# Secrets: never on the command line, and never again in what is said.
for place in '?pin-value=1234' ';pin-value=1234' '?pin-source=x&pin-value=1234'; do
	refused 2 'pin-value.*every process can read it' kb key show "$(uri p256)$place" "${module[@]}"
	unlike "$err$out" 1234 'and is not repeated'
	run kb sign "$object" --key "$(uri p256)$place" --cert p256.crt "${module[@]}" -o n.o --json
	unlike "$err$out" 1234 'nor in JSON'
done
refused 2 'needs a PIN, and there is no terminal' \
	setsid -w "$KB" key show "$(uri p256)" "${module[@]}" </dev/null
refused 3 "the token 'build' does not take the PIN" kb key show "$(uri p256)" "${module[@]}" --passphrase-file wrong
chmod 640 pin
refused 3 "'pin' has mode 0640" kb key show "$(uri p256)" "${hsm[@]}"

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# keyring: wrong usage, missing privilege, and what staging keyrings of this machine can show; the
# keyrings with a dot are made in guests only (tests/kernel/keyring*.t).

# Root gets a /run and a /var/lib of the test's own: nothing of this machine's is touched.
if [ "$(id -u)" = 0 ] && [ -z "${INSIDE-}" ] && unshare -m true 2>/dev/null; then
	INSIDE=1 exec unshare -m "$0" "$@"
fi

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq keyctl openssl setpriv

name=kbtest$$
arc=2.25.72454720750196738920188923435014749330

# odd NAME ROLE-NUMBER ARG...: a certificate; RSA, because kernels without ECDSA run tests too
odd() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.pem" \
		-days 365 -addext basicConstraints=critical,CA:FALSE \
		-addext "extendedKeyUsage=critical,$arc.$2" "${@:3}" 2>/dev/null
}

ring() {
	kb keyring show --staging "$name" --json "${@:2}" 2>/dev/null | jq -r ".result | $1"
}

fingerprint() {
	openssl x509 -in "$1.pem" -outform DER | sha256sum | cut -d' ' -f1
}

# Wrong usage is found before anything else, as anybody.
refused 2 'profile' kb keyring seal
refused 2 "'shut' is no profile" kb keyring seal --profile shut
refused 2 "'wizard' is no role" kb keyring show --role wizard
refused 2 "'wizard' is no role" kb keyring enroll --role wizard x.pem
refused 2 'exclude one another' kb keyring show --all --role build
refused 2 "takes no '--root'" kb keyring show --root "$T"
refused 2 'CERT' kb keyring enroll
refused 2 'CERT' kb keyring remove
is "$out" '' "nothing on stdout"
run kb keyring show --role wizard --json
is "$rc" 2 "wrong usage as JSON"
is_envelope "one object"

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

[ "$(id -u)" = 0 ] || nobody() { "$@"; }
cp "$KB" "$T/kb"
chmod 755 "$T" "$T/kb"
touch "$T/x.pem"
for verb in create show 'enroll x.pem' 'remove x.pem' 'seal --profile locked'; do
	# shellcheck disable=SC2086 # words
	refused 4 'the keyrings belong to root' nobody "$T/kb" keyring $verb
done
run nobody "$T/kb" keyring show --json
is_envelope "as JSON"
json '.error | "\(.exit) \(.code)"' "4 E_PRIVILEGE" "with its code"

end() {
	skip 1 "$1"
	done_testing
	exit
}

[ "$(id -u)" = 0 ] || end "staging keyrings need root"
[ -n "${INSIDE-}" ] || end "no mount namespace here"
keyctl rlist @u >/dev/null 2>&1 || end "no keyrings here"
for dir in /run /var/lib; do
	mount -t tmpfs -o mode=0755 tmpfs $dir || end "cannot mount here"
done

clean() {
	local s

	for s in '' _delegated _loader _policy _anchor; do
		keyctl unlink "$(keyctl search @u keyring "$name$s" 2>/dev/null)" @u 2>/dev/null
	done
	end_of_test
}

trap clean EXIT

odd one 1
odd two 1
odd loader 3
odd weak 1 -sha1
[ -e one.pem ] || exit 1

refused 4 "no staging keyring '$name'" kb keyring show --staging "$name"
like "$err" "hint: keyctl-bpf keyring create --staging $name" "how to make one"
refused 2 'is no name for a staging keyring' kb keyring create --staging .bpf
refused 2 'is no name for a staging keyring' kb keyring create --staging a/../b
accepted kb keyring create --staging "$name" --dry-run
not_ok "a dry run makes nothing" keyctl search @u keyring "$name"
absent /run/keyctl-bpf /var/lib/keyctl-bpf
run kb keyring create --staging "$name" --json
is "$rc" 0 "create"
is_envelope "one object"
json '.changed, .result.kind, .result.profile' "$(printf 'true\nstaging\nopen')" "a staging keyring"
serial=$(keyctl search @u keyring "$name")
json .result.serial "$serial" "keyctl sees it too"
is "$(keyctl rdescribe "$serial")" "keyring;0;0;083f0000;$name" "with its permissions"

if [ ! -e /sys/module/bpf_keyring ]; then
	is "$(cat /run/keyctl-bpf/keyring-id)" "$serial" "published, where there is no other"
	is "$(stat -c %a /run/keyctl-bpf /run/keyctl-bpf/keyring-id)" "$(printf '755\n644')" \
		"for everybody to read"
fi

run kb keyring enroll --staging "$name" one.pem
if [[ $err =~ 'does not take' ]]; then
	end "this kernel takes no certificates at all"
fi

is "$rc" 0 "enroll"
refused 3 'enrolled already, as key' kb keyring enroll --staging "$name" one.pem
refused 3 "role is 'loader', not 'build'" kb keyring enroll --staging "$name" loader.pem
refused 3 'sha1' kb keyring enroll --staging "$name" weak.pem
refused 1 "cannot enrol 'none.pem'" kb keyring enroll --staging "$name" two.pem none.pem
refused 2 'earlier argument' kb keyring enroll --staging "$name" two.pem two.pem
is "$(keyctl rlist "$serial" | wc -w)" 1 "one key is in it"
accepted kb keyring enroll --staging "$name" --role loader loader.pem
store=/var/lib/keyctl-bpf/staging/$name
mount -t tmpfs -o size=4k,mode=0700 tmpfs \
	"$store" && head -c 8192 /dev/zero >"$store/.full" 2>/dev/null
refused 1 'cannot keep the certificate.*No space left' kb keyring enroll --staging "$name" two.pem
is "$(find "$store" -type f)" "$store/.full" "a full disk leaves nothing half written"
umount "$store"
is "$(keyctl rlist "$serial" | wc -w)" 1 "a certificate that cannot be kept is not enrolled"
is "$(find "$store" -type f -printf '%f\n' | sort)" \
	"$(printf '%s.der\n' "$(fingerprint one)" "$(fingerprint loader)" | sort)" \
		"nothing is half kept"
accepted kb keyring enroll --staging "$name" two.pem --dry-run
is "$(keyctl rlist "$serial" | wc -w)" 1 "a dry run enrols nothing"
accepted kb keyring enroll --staging "$name" two.pem
run kb keyring remove --staging "$name" "$(fingerprint one)" --json
is_envelope "remove, one object"
json '.changed, ([.result.keys[].change] | sort | join(" "))' "$(printf 'true\nremoved stays')" \
	"before and after"
is "$(ring '.keys | map(.subject) | join(" ")')" "CN=two" "one is left"

printf x >>"$store/$(fingerprint two).der"
run kb keyring show --staging "$name"
is "$rc" 0 "a damaged certificate of the store"
like "$err" 'warning: .* is ignored' "is named"
like "$out" 'known: +no.*subject: +bpfkey:' "and its key is unknown"
done_testing

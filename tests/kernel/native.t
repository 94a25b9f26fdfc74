#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel with a .bpf of its own, booted with bpf.keyring_unsealed=1: what it makes, when it counts,
# what it refuses for the whole boot, and that we find, fill, seal and use it by its id.
# lab: on the native kernel

# shellcheck disable=SC2016 # guest.sh knows $O
guest_files='tests/kernel/certs.sh tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
[ "$KERNEL" = native ] || skip_all "this kernel has no .bpf of its own"
# shellcheck source-path=SCRIPTDIR source=certs.sh
. tests/kernel/certs.sh
# shellcheck source-path=SCRIPTDIR source=gate.sh
. tests/kernel/gate.sh

# load RING SIG TYPE: what the kernel alone says of a tiny signed program
load() {
	run "$attack" signed "$1" "$2" "${3:-31}"
	count signed
}

# As the kernel made it.
serial=$(awk '/ \.bpf: / { print $1 }' /proc/keys)
serial=$((16#$serial))
is "$(cat /sys/module/bpf/parameters/keyring_unsealed)" Y "the kernel tells how it was booted"
is "$(keyctl rdescribe -9)" "keyring;0;0;082f0000;.bpf" "-9 is .bpf, with the mask that the module copies"
is "$(keyctl rdescribe $serial)" "keyring;0;0;082f0000;.bpf" "and so is its serial"
unlike "$(keyctl show)" '\.bpf' "nobody possesses it"
run setpriv --reuid 1000 --clear-groups keyctl rdescribe -9
like "$rc $err" '^1 .*Permission denied' "other users may not look at it"
is "$(ring '"\(.kind) \(.serial) \(.keyring_id) \(.profile)"')" "native $serial -9 open" "keyring show"

cd /tmp || exit 1
cert build build
cert other build
tiny_bytes
sign_bytes build tiny.bin build.sig
sign_bytes other tiny.bin other.sig
keyctl-bpf -q sign /bpf/xsk_def_xdp_prog.o --key build.key --cert build.pem -o obj.o

# It counts when it holds a key and is restricted, not earlier.
is "$(load -9 build.sig)" ENOKEY "empty and open: not consulted"
accepted keyctl-bpf keyring create
is "$(cat /run/keyctl-bpf/keyring-id)" -9 "loaders are told -9"
is "$(grep -c ' \.bpf: ' /proc/keys)" 1 "the module made no second one"
refused 3 "kernel refused it \(ENOKEY\).*until it holds a key and is sealed" \
	keyctl-bpf load obj.o --cert build.pem
accepted keyctl-bpf keyring enroll build.pem
is "$(load -9 build.sig)" ENOKEY "with a key and open: not consulted"
run keyctl-bpf status --check
like "$rc $out" "^3 .*until it is this kernel verifies nothing against it" "status says why"

# Callers' keyrings, from the first load on, whatever becomes of .bpf.
mine=$(keyctl newring mine @u)
keyctl padd asymmetric '' "$mine" < <(openssl x509 -in other.pem -outform DER) >/dev/null
keyctl padd asymmetric '' @s < <(openssl x509 -in other.pem -outform DER) >/dev/null
for id in "$mine" "$serial" -3 -4 -5; do
	is "$(load "$id" other.sig)" EPERM "keyring id $id: refused"
done
for id in 0 1 2; do
	is "$(load $id other.sig)" ENOKEY "keyring id $id: the system's may be named"
done
refused 3 "EPERM.*bpf.keyring_unsealed=1" keyctl-bpf load obj.o --cert build.pem --keyring "$mine"

# Sealed.
accepted keyctl-bpf keyring seal --profile locked --yes
is "$(keyctl rdescribe -9) $(ring .profile)" "keyring;0;0;08030000;.bpf locked" "locked"
refused 3 'is sealed and takes no key' keyctl-bpf keyring enroll other.pem
run keyctl padd asymmetric '' -9 < <(openssl x509 -in other.pem -outform DER)
like "$rc $err" '^1 ' "nor from keyctl"
is "$(load -9 build.sig)" 0 "now it counts"
is "$(load -9 other.sig)" ENOKEY "for what is in it"
is "$(load "$mine" other.sig)" EPERM "a caller's keyring still does not"
accepted keyctl-bpf load obj.o
run keyctl-bpf load obj.o --json
is "$(jq -c '[.ok, .result.keyring]' <<<"$out")" '[true,-9]' "we pass -9"
run keyctl-bpf status
unlike "$out" "is not sealed|loaders are told|sealed empty" "status is content with the keyring"

# The gate, which sees no serial of it.
keyctl-bpf -q gate install --self-test obj.o >/dev/null
accepted keyctl-bpf gate mode enforce --accept-existing
run "$attack" unsigned
is "$(count unsigned)" EPERM "the gate refuses what is unsigned"
is "$(load -9 build.sig)" 0 "and admits what .bpf vouches for"
is "$(last_decision '.reason, .keyring_id' | paste -sd' ')" "build-key -9" "by that keyring"
accepted keyctl-bpf load obj.o
keyctl revoke "$(keyctl rlist -9)"
isnt "$(load -9 build.sig)" 0 "a revoked key is refused in a locked keyring"
run keyctl-bpf doctor
like "$out" 'over instructions and metadata' "doctor: which bytes this kernel verifies"
unlike "$out" 'sealed empty' "doctor: it is not sealed empty"
done_testing

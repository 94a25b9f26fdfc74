#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel with a .bpf of its own, booted without bpf.keyring_unsealed=1: sealed empty, and every
# command says so; keyrings of callers are for staging.
# lab: on the native kernel

# shellcheck disable=SC2016 # guest.sh knows $O
guest_files='tests/kernel/certs.sh tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
guest_cmdline="bpf.keyring_unsealed=0"
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
[ "$KERNEL" = native ] || skip_all "this kernel has no .bpf of its own"
# shellcheck source-path=SCRIPTDIR source=certs.sh
. tests/kernel/certs.sh
# shellcheck source-path=SCRIPTDIR source=gate.sh
. tests/kernel/gate.sh

cd /tmp || exit 1
cert build build
tiny_bytes
sign_bytes build tiny.bin build.sig
keyctl-bpf -q sign /bpf/xsk_def_xdp_prog.o --key build.key --cert build.pem -o obj.o

is "$(cat /sys/module/bpf/parameters/keyring_unsealed)" N "the kernel tells how it was booted"
is "$(keyctl rdescribe -9)" "keyring;0;0;082f0000;.bpf" "the keyring is there"
run keyctl padd asymmetric '' -9 < <(openssl x509 -in build.pem -outform DER)
like "$rc $err" '^1 .*Operation not permitted' "and takes no key"
refused 1 'File exists' keyctl restrict_keyring -9

accepted keyctl-bpf keyring create
refused 3 "keyring '\.bpf' is sealed empty and takes no key until the next boot" \
	keyctl-bpf keyring enroll build.pem
like "$err" 'hint: boot with bpf.keyring_unsealed=1' "what to do is said"
refused 3 "is empty: sealed now it would stay empty" keyctl-bpf keyring seal --profile locked --yes
run keyctl-bpf status --check
like "$rc $out" "^3 .*'\.bpf' was sealed empty: it takes no key before the next boot" "status says so"
run keyctl-bpf doctor
like "$rc $out" "^3 .*booted without bpf.keyring_unsealed=1" "and doctor"
refused 3 "kernel refused it \(ENOKEY\)" keyctl-bpf load obj.o --cert build.pem

# Without the parameter a caller's keyring is what it was.
accepted keyctl-bpf keyring create --staging dev
accepted keyctl-bpf keyring enroll --staging dev build.pem
dev=$(ring .serial --staging dev)
accepted keyctl-bpf load obj.o --cert build.pem --keyring "$dev"
run "$attack" signed "$dev" build.sig 31
is "$(count signed)" 0 "the kernel takes it, from anybody"
run "$attack" signed -9 build.sig 31
is "$(count signed)" ENOKEY "and .bpf stays empty"

# The gate guards a staging keyring here as on any other kernel.
ok "the gate goes in" keyctl-bpf gate install --staging dev --self-test obj.o
ok "and enforces" keyctl-bpf gate mode enforce --accept-existing
run "$attack" signed "$dev" build.sig 31
is "$(count signed)" 0 "it admits the staging key"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab: not on the native kernel
# The sealed gate: nobody changes it but signed policy images, which the kernel verifies itself.
# shellcheck disable=SC2034,SC2016,SC2154 # read by guest.sh, which knows $O; set by gate.sh
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

# policy_key NAME: NAME.key and NAME.pem, which may sign images
policy_key() {
	keyctl-bpf -q key new --form file -o "$1.key" 2>/dev/null &&
		keyctl-bpf -q cert new --key "$1.key" --role policy --name "$1" -o "$1.pem"
}

# sign_image IMAGE KEY...: IMAGE.KEY.sig of each, and $sigs with the options for 'gate apply'
sign_image() {
	local image=$1 key

	shift
	sigs=()
	for key; do
		keyctl-bpf -q gate sign "$image" --key "$key.key" --cert "$key.pem" \
			--out "$image.$key.sig" --force >/dev/null
		sigs+=(--signature "$image.$key.sig")
	done
}

# bend FILE OFFSET: FILE with all bits of one byte turned over
bend() {
	local byte

	byte=$(od -An -tu1 -j"$2" -N1 "$1")
	head -c "$2" "$1"
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\$(printf %03o $((255 - byte)))"
	tail -c "+$(($2 + 2))" "$1"
}

set_up
policy_key one
policy_key two
policy_key stranger
keyctl-bpf -q gate install --self-test obj.o >/dev/null
refused 3 "does not enforce" keyctl-bpf gate seal
ok "the gate enforces" keyctl-bpf gate mode enforce
refused 3 "holds 0 valid policy keys" keyctl-bpf gate seal --yes
ok "two policy keys are enrolled" keyctl-bpf keyring enroll --role policy one.pem two.pem
refused 3 "holds 2 valid policy keys" keyctl-bpf gate seal --threshold 3 --yes
refused 2 "from 1 to 8" keyctl-bpf gate seal --threshold 9
refused 2 "'--yes' is needed" keyctl-bpf gate seal --threshold 2
is "$(keyctl-bpf gate seal --threshold 2 --dry-run --json | jq -c '[.changed, .result.sealed]')" "[false,false]" \
	"a dry run seals nothing"
ok "so the mode can still be switched" keyctl-bpf gate mode enforce
ok "an image of what is there" keyctl-bpf gate image -o first.img --threshold 2
sign_image first.img one two
ok "signed by both" test -s first.img.two.sig
refused 3 "takes no images" keyctl-bpf gate apply first.img --signature first.img.one.sig

run keyctl-bpf gate seal --threshold 2 --yes --json
is "$(jq -c '[.changed, .result.sealed]' <<<"$out")" "[true,true]" "the gate is sealed"
is "$(keyctl-bpf gate seal --json | jq -c '[.changed, .result.sealed]')" "[false,false]" "twice is once"
run keyctl-bpf gate show --json
is "$(jq -c '[.result.sealed, .result.threshold, .result.version]' <<<"$out")" "[true,2,0]" "and says so"
run keyctl-bpf loader allow "sha256:$(printf '%064d' 7)" --name later --types xdp --json
is "$(jq -r '.changed, .result.in_force' <<<"$out" | paste -sd' ')" "true with the next policy image" \
	"a loader that is allowed now has to wait for an image"
run keyctl-bpf loader revoke later
refused 3 "is sealed" keyctl-bpf gate mode off
refused 3 "is sealed" keyctl-bpf gate mode audit
refused 3 "is sealed" keyctl-bpf gate remove
run "$attack" loosen
is "$(keyctl-bpf gate show --json | jq .result.sealed)" true "what lets an unsealed gate go does nothing"
run "$attack" unsigned
is "$(count unsigned)" EPERM "it enforces"
ok "and lets a signed object load" keyctl-bpf load obj.o --pin /sys/fs/bpf/sealed

# images that must not count
refused 3 "1 of the gate's policy keys.* takes 2" keyctl-bpf gate apply first.img --signature first.img.one.sig
refused 3 "1 of the gate's policy keys" keyctl-bpf gate apply first.img \
	--signature first.img.one.sig --signature first.img.one.sig
sign_image first.img one stranger
refused 3 "1 of the gate's policy keys" keyctl-bpf gate apply first.img "${sigs[@]}"
refused 3 "not for the policy role" keyctl-bpf gate sign first.img --key build.key --cert build.pem --out no.sig
sign_bytes build first.img first.img.build.sig
sigs=(--signature first.img.one.sig --signature first.img.build.sig)
refused 3 "1 of the gate's policy keys" keyctl-bpf gate apply first.img "${sigs[@]}"
sign_image first.img one two
head -c -1 first.img >short.img
refused 1 "damaged" keyctl-bpf gate apply short.img "${sigs[@]}"
refused 1 "no policy image" keyctl-bpf gate sign short.img --key one.key --cert one.pem --out no.sig
keyctl-bpf -q gate image -o first.img --threshold 2 --force >/dev/null
sign_image first.img one two
for at in 9 64 100 300; do
	bend first.img "$at" >bent.img
	not_ok "a byte is changed at $at" keyctl-bpf gate apply bent.img "${sigs[@]}"
done
is "$(keyctl-bpf gate show --json | jq .result.version)" 0 "none of them counted"
refused 1 "cannot .*nothing" keyctl-bpf gate apply nothing "${sigs[@]}"
refused 2 "comes with" keyctl-bpf gate apply first.img

# one that does
new_key second
ok "a second build key is enrolled, which the sealed gate does not notice" \
	keyctl-bpf keyring enroll second.pem
is "$(keyctl-bpf gate show --json | jq '[.result.rules[] | select(.kind == "build")] | length')" 1 "one build key counts"
keyctl-bpf -q sign /bpf/xdpfilt_dny_udp.o --key second.key --cert second.pem -o second.o >/dev/null
not_ok "what it signed does not load" keyctl-bpf load second.o --pin /sys/fs/bpf/second
ok "an image with both" keyctl-bpf gate image -o next.img --threshold 1
sign_image next.img two one
run keyctl-bpf gate apply next.img "${sigs[@]}" --json
is "$(jq -c '[.changed, .result.signers]' <<<"$out")" "[true,2]" "is taken with two signatures"
ok "what the second key signed loads now" keyctl-bpf load second.o --pin /sys/fs/bpf/second
ok "and what the first one signed" keyctl-bpf load obj.o --pin /sys/fs/bpf/first
is "$(keyctl-bpf gate show --json | jq -c '[.result.version, .result.threshold]')" "[1,1]" \
	"version and threshold are the image's"
refused 3 "not newer" keyctl-bpf gate apply next.img "${sigs[@]}"
refused 3 "not newer" keyctl-bpf gate apply first.img "${sigs[@]}"
refused 3 "is sealed" keyctl-bpf gate mode off

# what the image says is in force, times included
ok "an image that only records" keyctl-bpf gate image -o audit.img --mode audit --version 7
sign_image audit.img one
ok "is taken with one signature, as the last image says" keyctl-bpf gate apply audit.img "${sigs[@]}"
run "$attack" unsigned
is "$(count unsigned)" 0 "and then the gate allows everything"
refused 3 "is sealed" keyctl-bpf gate mode off
is "$(keyctl-bpf gate show --json | jq -r '.result.rules[] | select(.kind == "build") | .until' | head -c 4)" \
	"$(openssl x509 -in build.pem -noout -enddate | grep -o '20[0-9][0-9]')" "rules end when their certificates do"
ok "the pins go" umount -l /sys/fs/bpf
mount -t bpf bpf /sys/fs/bpf
refused 3 "neither read nor changed until reboot" keyctl-bpf gate mode off
run "$attack" unsigned
is "$(count unsigned)" 0 "what it was it is"
done_testing

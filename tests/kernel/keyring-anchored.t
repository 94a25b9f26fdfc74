#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A .bpf keyring sealed as anchored: rotation without a reboot for keys that an anchor signed, and
# for no others; what happens when the anchors are missing; and the seals of other people.
# lab: one kernel will do

guest_files="tests/kernel/certs.sh"
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source-path=SCRIPTDIR source=certs.sh
. tests/kernel/certs.sh

der() { openssl x509 -in "/tmp/$1.pem" -outform DER; }

keyctl-bpf keyring create --quiet
bpf=$(cat /run/keyctl-bpf/keyring-id)
cert root1 anchor
cert first build
cert stranger build
issued second root1
issued third root1

refused 3 "is a CA|role is 'anchor'" keyctl-bpf keyring enroll /tmp/root1.pem
refused 3 "role is 'build'" keyctl-bpf keyring enroll --role anchor /tmp/first.pem
accepted keyctl-bpf keyring enroll /tmp/first.pem /tmp/second.pem
refused 3 "keyring '\.bpf_anchor' is empty" keyctl-bpf keyring seal --profile anchored --yes
is "$(ring .profile) $(ring .profile --role anchor)" "open open" "without anchors nothing is sealed"
accepted keyctl-bpf keyring enroll --role anchor /tmp/root1.pem
refused 2 "'--yes' is needed" keyctl-bpf keyring seal --profile anchored
is "$(ring .profile) $(ring .profile --role anchor)" "open open" "nor without --yes"
accepted keyctl-bpf keyring seal --profile anchored --yes
is "$(ring .profile) $(ring .profile --role anchor)" "anchored locked" \
	"the anchors are locked with it"
is "$(keyctl rdescribe "$bpf")" "keyring;0;0;08070000;.bpf" "with the permissions of the profile"
is "$(ring .anchor)" "$(ring .serial --role anchor)" "the kernel holds .bpf_anchor as the anchor"

refused 3 'none of its anchors signed it' keyctl-bpf keyring enroll /tmp/stranger.pem
run keyctl padd asymmetric '' "$bpf" < <(der stranger)
like "$rc $err" '^1 .*Required key not available' "the kernel refuses the stranger by itself"
accepted keyctl-bpf keyring enroll /tmp/third.pem
is "$(keyctl rlist "$bpf" | wc -w)" 3 "a key that the anchor signed was added while sealed"
accepted keyctl-bpf keyring remove /tmp/first.pem
is "$(keyctl rlist "$bpf" | wc -w)" 2 "and one was taken out"
refused 3 'none of its anchors signed it' keyctl-bpf keyring enroll /tmp/first.pem
refused 3 'is sealed and takes no key' keyctl-bpf keyring enroll --role anchor /tmp/root1.pem
refused 1 'Permission denied' keyctl setperm "$bpf" 0x3f3f0000
run keyctl-bpf status
unlike "$out" 'is not sealed|laxer|not locked' "status finds nothing wrong with the seal"

# No seal becomes another one.
refused 3 'sealed already, as anchored' keyctl-bpf keyring seal --profile locked --yes
refused 3 'no seal can be taken back' keyctl-bpf keyring seal --profile open --yes
accepted keyctl-bpf keyring seal --profile anchored --yes
is "$(ring .profile)" anchored "it stays anchored"

# Staging keyrings that others sealed: half done, with :chain, by some key.
for name in half chain foreign; do
	keyctl-bpf keyring create --quiet --staging $name 2>/dev/null
	keyctl-bpf keyring enroll --quiet --staging $name /tmp/first.pem
	keyctl-bpf keyring enroll --quiet --staging $name --role anchor /tmp/root1.pem
done
is "$(cat /run/keyctl-bpf/keyring-id)" "$bpf" "loaders are not sent to a staging keyring"
keyctl restrict_keyring "$(ring .serial --staging half)"
is "$(ring .profile --staging half)" partial "restricted, but root can still unlink: partial"
accepted keyctl-bpf keyring seal --staging half --profile locked --yes
is "$(ring .profile --staging half)" locked "sealing again finishes it"
keyctl restrict_keyring "$(ring .serial --staging chain)" asymmetric \
	"key_or_keyring:$(ring .serial --staging chain --role anchor):chain"
is "$(ring .profile --staging chain)" foreign "with :chain each key could enrol others"
like "$(ring .detail --staging chain)" "':chain'" "and that is said"
keyctl restrict_keyring "$(ring .serial --staging foreign)" asymmetric \
	"key_or_keyring:$(ring '.keys[0].serial' --staging foreign)"
is "$(ring .profile --staging foreign)" foreign "anchored by something else: foreign"
refused 3 'sealed already, as foreign' \
	keyctl-bpf keyring seal --staging foreign --profile anchored --yes
run keyctl-bpf status --check --staging chain
like "$rc $out" "^3 .*an ordinary keyring, for development" "status calls a staging keyring weaker"
done_testing

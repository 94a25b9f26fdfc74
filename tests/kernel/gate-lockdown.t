#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hole 27: the gate where the machine is best protected, lockdown=confidentiality. libbpf's loaders
# use a helper that the kernel then refuses, so the self-test, which loads one, is left out.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/naive.bpf.o'
guest_cmdline=lockdown=confidentiality
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

like "$(cat /sys/kernel/security/lockdown)" '\[confidentiality\]' "the kernel is locked down"
# Unsigned modules do not load here, so the keys stand in a staging keyring.
mkdir -p /run/t && cd /run/t || exit 1
keyctl-bpf -q keyring create --staging lab >/dev/null
new_key build
keyctl-bpf -q keyring enroll build.pem --staging lab >/dev/null
ring=$(cat /run/keyctl-bpf/keyring-id)
tiny_bytes
sign_bytes build tiny.bin tiny.sig
run "$attack" pin "$naive" naive_reader /sys/fs/bpf/naive
is "$(count load)" EINVAL "27: a policy that reads the kernel by probes does not load here"
run "$attack" unsigned
is "$(count unsigned)" 0 "an unsigned program loads"
ok "the gate goes in" keyctl-bpf gate install --staging lab
ok "and enforces" "$attack" enforce
run "$attack" unsigned
is "$(count unsigned)" EPERM "an unsigned program is refused"
run "$attack" signed "$ring" tiny.sig 31
is "$(count signed)" 0 "a signed loader is admitted"
is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "build-key 1" "by its key"
ok "the gate can be removed" keyctl-bpf gate remove
done_testing

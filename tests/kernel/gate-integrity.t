#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gate under lockdown=integrity, self-test and all.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
guest_cmdline=lockdown=integrity
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

like "$(cat /sys/kernel/security/lockdown)" '\[integrity\]' "the kernel is locked down"
# Unsigned modules do not load here, so the keys stand in a staging keyring.
mkdir -p /run/t && cd /run/t || exit 1
keyctl-bpf -q keyring create --staging lab >/dev/null
new_key build
keyctl-bpf -q keyring enroll build.pem --staging lab >/dev/null
ring=$(cat /run/keyctl-bpf/keyring-id)
keyctl-bpf -q sign /bpf/xdpfilt_dny_udp.o --key build.key --cert build.pem -o obj.o >/dev/null
tiny_bytes
sign_bytes build tiny.bin tiny.sig
run "$attack" unsigned
is "$(count unsigned)" 0 "an unsigned program loads"
ok "the gate goes in" keyctl-bpf gate install --staging lab --self-test obj.o
ok "and enforces" keyctl-bpf gate mode enforce --yes-deny --accept-existing
run "$attack" unsigned
is "$(count unsigned)" EPERM "an unsigned program is refused"
run "$attack" signed "$ring" tiny.sig 31
is "$(count signed)" 0 "a signed loader is admitted"
is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "build-key 1" "by its key"
ok "the gate can be removed" keyctl-bpf gate remove
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signed loaders that do not check their metadata: where the kernel signs instructions only (up to
# 7.2) such a signature lets anybody run metadata of his own, so the gate refuses them there with
# that reason; where the kernel signs the metadata too they load.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

set_up
form=metadata
case $KERNEL in 6.* | 7.[012]) form=insns ;; esac
ok "libbpf generates a loader" rawload generate /bpf/xdpfilt_dny_udp.o loader.bin metadata.bin
# Our own loader is the same but for its first instructions and what its caller could override.
keyctl-bpf -q inspect obj.o --extract parts >/dev/null
isnt "$(sha256sum <loader.bin)" "$(sha256sum <parts/loader.bin)" "which is not ours"
cat loader.bin metadata.bin >insns-metadata.bin
sign_bytes build loader.bin insns.der
sign_bytes build insns-metadata.bin insns-metadata.der
LC_ALL=C sed 's/xdp_stats_map/xdp_other_map/' metadata.bin >evil.bin
not_ok "other metadata" cmp -s metadata.bin evil.bin
# raw METADATA: in the form of this kernel
raw() {
	local sig=insns-metadata.der

	[ $form = metadata ] || sig=insns.der
	rawload "$ring" $form loader.bin "$1" $sig | paste -sd' '
}
ours() {
	local sig=insns-metadata.der

	[ $form = metadata ] || sig=insns.der
	rawload "$ring" $form parts/loader.bin "$1" parts/$sig | paste -sd' '
}
is "$(raw metadata.bin)" "load=0 run=0" "without the gate it loads and runs"
if [ $form = insns ]; then
	is "$(raw evil.bin)" "load=0 run=0" "and so it does with metadata that nobody signed"
else
	is "$(raw evil.bin)" "load=EKEYREJECTED" "but not with other metadata"
fi

keyctl-bpf gate install --self-test obj.o >/dev/null
want=("true false build-key" "load=0 run=0" "true true build-key" "load=EKEYREJECTED")
[ $form = metadata ] || want=("false false metadata" "load=EPERM" "false true metadata" "load=EPERM")
# verdict: of the newest decision about a loader
verdict() {
	keyctl-bpf gate log --json | jq -r '[.result.decisions[] | select(.type == "syscall")][-1] |
		"\(.allowed) \(.enforced) \(.reason)"'
}
is "$(raw metadata.bin)" "load=0 run=0" "a gate that audits lets it load"
is "$(verdict)" "${want[0]}" "and records why it would not, where it would not"
ok "the gate enforces" keyctl-bpf gate mode enforce --yes-deny
is "$(raw metadata.bin)" "${want[1]}" "the unprotected loader under the gate"
is "$(verdict)" "${want[2]}" "and why"
is "$(raw evil.bin)" "${want[3]}" "with metadata that nobody signed it never runs"
if [ $form = insns ]; then
	like "$(keyctl-bpf gate log)" "its metadata is not protected on this kernel" "the log says it in words"
	is "$(ours evil.bin)" "load=0 run=-22" "our loader stops itself on other metadata"
else
	unlike "$(keyctl-bpf gate log)" "metadata is not protected" "the log does not complain here"
	is "$(ours evil.bin)" "load=EKEYREJECTED" "our loader does not load with other metadata"
fi
ok "a signed object of ours loads" keyctl-bpf load obj.o
run "$attack" signed "$ring" tiny.sig 31
is "$(count signed)" 0 "a signed program without maps has no metadata to protect"
ok "the gate can be removed" keyctl-bpf gate remove
done_testing

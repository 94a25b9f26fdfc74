#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bpf_keyring.ko loaded without parameters: five keyrings sealed empty, as the kernel's own .bpf is.
# lab: one kernel will do
# lab: not on the native kernel

# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

[ "$KERNEL" != native ] || skip_all "this kernel makes .bpf itself: see native-sealed"

params=/sys/module/bpf_keyring/parameters

# shellcheck disable=SC2317 # called by refused
enrol() { keyctl padd asymmetric '' "$1" </tmp/cert.der; }

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null \
	-subj /CN=one -outform DER -out /tmp/cert.der 2>/dev/null

ok "the module loads" modprobe bpf_keyring
is "$(cat $params/keyring_unsealed)" N "it says that it sealed"
is "$(cut -d ' ' -f 1 $params/serials | tr '\n' ' ')" \
	".bpf .bpf_loader .bpf_delegated .bpf_policy .bpf_anchor " "it made five keyrings"

while read -r ring id; do
	is "$(keyctl rdescribe "$id")" "keyring;0;0;082f0000;$ring" "$ring: owner and mask"
	refused 1 'Operation not permitted' enrol "$id"
	refused 1 'File exists' keyctl restrict_keyring "$id"
	is "$(keyctl rlist "$id")" "" "$ring: empty"
done <$params/serials

key=$(enrol @s)
refused 1 'Operation not permitted' keyctl link "$key" "$(sed -n 's/^\.bpf //p' $params/serials)"

for param in keyring_unsealed native serials; do
	is "$(stat -c %a $params/$param)" 444 "parameter $param is read only"
done
done_testing

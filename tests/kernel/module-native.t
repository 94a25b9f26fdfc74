#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bpf_keyring.ko beside a kernel that has .bpf itself: only the four companions are made. The native
# kernel it recognises by itself; the others are said to be one (native=1). And a parameter that
# nobody may set is refused.

# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

params=/sys/module/bpf_keyring/parameters

not_ok "serials cannot be given" modprobe bpf_keyring serials=1
said=(native=1) rings=0
[ "$KERNEL" != native ] || said=() rings=1
ok "the module loads after that" modprobe bpf_keyring "${said[@]}" keyring_unsealed=1
is "$(cut -d ' ' -f 1 $params/serials | tr '\n' ' ')" \
	".bpf_loader .bpf_delegated .bpf_policy .bpf_anchor " "four keyrings, no .bpf"
is "$(grep -c ' \.bpf: ' /proc/keys)" $rings "only the kernel's own in /proc/keys, if it has one"
is "$(cat $params/native)" Y "it tells why"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bpf_keyring.ko beside a kernel that has .bpf itself (told by native=1: no such kernel is stock
# yet): only the four companions are made. And a parameter that nobody may set is refused.

# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

params=/sys/module/bpf_keyring/parameters

not_ok "serials cannot be given" modprobe bpf_keyring serials=1
ok "the module loads after that" modprobe bpf_keyring native=1 keyring_unsealed=1
is "$(cut -d ' ' -f 1 $params/serials | tr '\n' ' ')" \
	".bpf_loader .bpf_delegated .bpf_policy .bpf_anchor " "four keyrings, no .bpf"
unlike "$(cat /proc/keys)" ' \.bpf: ' "none in /proc/keys either"
is "$(cat $params/native)" Y "it tells why"
done_testing

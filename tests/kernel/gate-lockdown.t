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

locked_down confidentiality
run "$attack" pin "$naive" naive_reader /sys/fs/bpf/naive
is "$(count load)" EINVAL "27: a policy that reads the kernel by probes does not load here"
ok "the gate goes in" keyctl-bpf gate install --staging lab
ok "and enforces" "$attack" enforce
decides
ok "the gate can be removed" keyctl-bpf gate remove
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hole 27: the gate where the machine is best protected, lockdown=confidentiality, and signed objects
# there: libbpf's loaders use a helper that the kernel then refuses, ours do not.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/naive.bpf.o'
guest_cmdline=lockdown=confidentiality
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

locked_down confidentiality
run "$attack" pin "$naive" naive_reader /sys/fs/bpf/naive
is "$(count load)" EINVAL "27: a policy that reads the kernel by probes does not load here"
rawload generate /bpf/xdpfilt_dny_udp.o loader.bin metadata.bin
cat loader.bin metadata.bin >insns-metadata.bin
sign_bytes build loader.bin insns.der
sign_bytes build insns-metadata.bin insns-metadata.der
form='metadata loader.bin metadata.bin insns-metadata.der'
case $KERNEL in 6.* | 7.[012]) form='insns loader.bin metadata.bin insns.der' ;; esac
# shellcheck disable=SC2086 # four words
is "$(rawload "$ring" $form)" "load=EINVAL" "a loader as libbpf makes it does not load here"
ok "the gate goes in" keyctl-bpf gate install ${staging:+--staging=$staging} --self-test obj.o
ok "and enforces" keyctl-bpf gate mode enforce --yes-deny
ok "a signed object loads" keyctl-bpf load obj.o --cert build.pem --keyring "$ring"
decides
ok "the gate can be removed" keyctl-bpf gate remove
done_testing

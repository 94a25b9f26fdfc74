#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The verifier takes each BPF program of ours as the host's compiler made it and as Debian 13's did,
# also on a machine that is locked down to confidentiality.
guest_cmdline="lockdown=confidentiality"
guest_files="\$O/bpf13/compiler"
for f in "${O:-build}"/bpf13/*.bpf.o; do
	guest_files+=" \$O/bpf13/${f##*/}"
done
. "$(dirname -- "$0")/lib/guest.sh"

like "$(cat /sys/kernel/security/lockdown)" '\[confidentiality\]' "the kernel is locked down"
diag "built by the host's clang, and by: $(cat "$O/bpf13/compiler")"
is "$(cd "$O/bpf13" && echo ./*.bpf.o)" "$(cd "$O/lib/bpf" && echo ./*.bpf.o)" "both compilers made the same objects"
for object in "$O"/lib/bpf/*.bpf.o "$O"/bpf13/*.bpf.o; do
	ok "${object#"$O/"} verifies" verify_bpf "$object"
	diag "$out"
	slowest=$(sed -n 's/.* us=\([0-9]*\) .*/\1/p' <<<"$out" | sort -n | tail -n 1)
	# Ten times what it takes; each installation of the gate pays it, at boot.
	ok "and within 4 s" test "${slowest:-9999999}" -lt 4000000
done
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The way back in: keyctl_bpf.gate=audit or off on the kernel's command line.
# lab: one kernel will do
# shellcheck disable=SC2034 # read by guest.sh
guest_files="tests/kernel/gate.sh"
guest_cmdline="keyctl_bpf.gate=audit"
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

set_up
accepted keyctl-bpf gate install --self-test obj.o
refused 3 "keyctl_bpf.gate" keyctl-bpf gate mode enforce
is "$(keyctl-bpf gate show --json | jq -r .result.mode)" audit "it stays in audit mode"
ok "and can be removed" keyctl-bpf gate remove

# The same file as a kernel booted with "off" would show it.
echo "console=ttyS0 keyctl_bpf.gate=off" >/run/cmdline
mount --bind /run/cmdline /proc/cmdline
accepted keyctl-bpf gate install --self-test obj.o
like "$out" "keyctl_bpf.gate=off" "the command line held it back"
refused 4 "" keyctl-bpf gate show
done_testing

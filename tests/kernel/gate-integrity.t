#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gate under lockdown=integrity, self-test and all.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
guest_cmdline=lockdown=integrity
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

locked_down integrity
ok "the gate goes in" keyctl-bpf gate install ${staging:+--staging=$staging} --self-test obj.o
ok "and enforces" keyctl-bpf gate mode enforce --yes-deny --accept-existing
decides
ok "the gate can be removed" keyctl-bpf gate remove
done_testing

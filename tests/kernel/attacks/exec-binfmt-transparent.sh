# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Another program under the name of a trusted loader, by the flag T of binfmt_misc. Hole 15.
# record: unsigned mapping
needs() { [ "$KERNEL" = 7.3 ] || { echo "its binfmt_misc has no flag T"; return 1; }; }
attempt() {
	ln -f "$agent" /disk/agent.evil
	target=/disk/agent.evil by_format T "$attack"
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A keyring of the attacker is linked into .bpf, so that the kernel searches it too. Hole 9.
# record: unknown-key other-keyring
attempt() {
	local r=0

	keyctl link "$mine" "$serial" 2>/dev/null
	signed_by other.sig 31 || r=$?
	keyctl unlink "$mine" "$serial" 2>/dev/null
	return $r
}

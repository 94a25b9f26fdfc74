# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The file that tells loaders the number of .bpf names a keyring of the attacker.
# record: unknown-key other-keyring
attempt() {
	local r=0 old

	old=$(cat /run/keyctl-bpf/keyring-id)
	echo "$mine" >/run/keyctl-bpf/keyring-id
	in=$(cat /run/keyctl-bpf/keyring-id) signed_by other.sig 31 || r=$?
	echo "$old" >/run/keyctl-bpf/keyring-id
	return $r
}

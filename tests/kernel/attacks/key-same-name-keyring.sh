# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Another keyring that is called .bpf too.
# record: unknown-key other-keyring
attempt() {
	local twin

	twin=$(keyctl newring bpf @u)
	keyctl padd asymmetric mine "$twin" <other.der >/dev/null
	in=$twin signed_by other.sig 31
}

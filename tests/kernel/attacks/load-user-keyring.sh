# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A keyring by its special number, -4: the user keyring.
# record: unknown-key other-keyring negative-keyring no-record
attempt() {
	keyctl link "$mine" @u 2>/dev/null
	in=-4 signed_by other.sig 31
}

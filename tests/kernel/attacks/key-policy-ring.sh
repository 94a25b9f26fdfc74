# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program that a policy key has signed: keys of one purpose are none of another.
# record: type unknown-key other-keyring
attempt() {
	local policy

	policy=$(keyctl newring policy @u)
	openssl x509 -in one.pem -outform DER | keyctl padd asymmetric one "$policy" >/dev/null
	sign_bytes one tiny.bin policy.sig
	in=$policy signed_by policy.sig 31
}

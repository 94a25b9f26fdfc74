# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program that a loader key has signed: keys of one purpose are none of another.
# record: type unknown-key other-keyring
attempt() {
	local ring_of_loaders

	ring_of_loaders=$(keyctl newring vendor @u)
	openssl x509 -in vendor.pem -outform DER | keyctl padd asymmetric vendor "$ring_of_loaders" >/dev/null
	sign_bytes vendor tiny.bin vendor.sig
	in=$ring_of_loaders signed_by vendor.sig 31
}

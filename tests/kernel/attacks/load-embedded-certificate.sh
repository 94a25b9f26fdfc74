# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signature that brings its own certificate along. Hole 8.
# record: unknown-key
attempt() {
	openssl cms -sign -binary -outform DER -noattr -nosmimecap -md sha256 -in tiny.bin \
		-signer other.pem -inkey other.key -out embedded.sig
	signed_by embedded.sig 31
}

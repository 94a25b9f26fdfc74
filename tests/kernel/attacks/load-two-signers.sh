# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signature by two keys, one of them allowed. Hole 8.
# record: unknown-key
attempt() {
	openssl cms -sign -binary -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256 -in tiny.bin \
		-signer build.pem -inkey build.key -signer other.pem -inkey other.key -out both.sig
	signed_by both.sig 31
}

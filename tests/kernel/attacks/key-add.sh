# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A key is added to .bpf under the name of the allowed one. Hole 9.
# record: unknown-key
attempt() {
	keyctl padd asymmetric "$(openssl x509 -in build.pem -noout -subject -nameopt multiline | sed -n 's/.*= //p')" \
		"$serial" <other.der >/dev/null 2>&1
	signed_by other.sig 31
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signature with a certificate that has issuer and number of the allowed one, so that the kernel touches that. Hole 8.
# record: unknown-key
attempt() {
	local skid issuer number

	skid=$(openssl x509 -in other.pem -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' ')
	issuer=$(openssl x509 -in build.pem -noout -issuer -nameopt multiline | sed -n 's/.*commonName *= //p')
	number=$(openssl x509 -in build.pem -noout -serial | sed 's/.*=//')
	openssl req -x509 -new -key other.key -subj "/CN=$issuer" -days 9 -out fake-ca.pem -config <(
		printf '[req]\ndistinguished_name=d\nx509_extensions=e\n[d]\n[e]\nsubjectKeyIdentifier=%s\n' "$skid")
	openssl req -new -key other.key -subj /CN=leaf -out leaf.csr 2>/dev/null
	openssl x509 -req -in leaf.csr -CA fake-ca.pem -CAkey other.key -days 9 -out leaf.pem -set_serial "0x$number" \
		-extfile <(printf 'subjectKeyIdentifier=0102030405060708\nauthorityKeyIdentifier=keyid\n') 2>/dev/null
	openssl cms -sign -binary -outform DER -noattr -nosmimecap -md sha256 -in tiny.bin -signer leaf.pem \
		-inkey other.key -out leaf.sig
	signed_by leaf.sig 31
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A key whose certificate has the subject, the number and the key identifier of the allowed one. Hole 9.
# record: unknown-key
attempt() {
	local skid

	skid=$(openssl x509 -in build.pem -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' ')
	openssl req -x509 -new -key other.key -days 9 -out twin.pem -subj /CN=build \
		-set_serial "0x$(openssl x509 -in build.pem -noout -serial | sed 's/.*=//')" -config <(
		printf '[req]\ndistinguished_name=d\nx509_extensions=e\n[d]\n[e]\nsubjectKeyIdentifier=%s\n' "$skid")
	openssl x509 -in twin.pem -outform DER | keyctl padd asymmetric build "$mine" >/dev/null
	openssl cms -sign -binary -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256 -in tiny.bin \
		-signer twin.pem -inkey other.key -out twin.sig
	in=$mine signed_by twin.sig 31
}

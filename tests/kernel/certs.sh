# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced inside guests by the tests of keyrings: certificates of all sorts, in /tmp.

arc=2.25.72454720750196738920188923435014749330
# shellcheck disable=SC2034
p256=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
# shellcheck disable=SC2034,SC2054
leaf=(-addext basicConstraints=critical,CA:FALSE)
# shellcheck disable=SC2034
build=(-addext "extendedKeyUsage=critical,$arc.1")

# odd NAME ARG...: what our own tool would not make
odd() {
	openssl req -x509 -nodes -keyout "/tmp/$1.key" -subj "/CN=$1" -out "/tmp/$1.pem" \
		-days 365 "${@:2}" 2>/dev/null
}

# cert NAME ROLE [ARG...]: a software key and its self-signed certificate, by our own tool
cert() {
	keyctl-bpf key new --quiet --form file --alg p256 -o "/tmp/$1.key" 2>/dev/null &&
		keyctl-bpf cert new --quiet --key "/tmp/$1.key" --role "$2" --name "$1" \
			-o "/tmp/$1.pem" "${@:3}"
}

# issued NAME ANCHOR: a build certificate that the anchor's key signed
issued() {
	keyctl-bpf key new --quiet --form file --alg p256 -o "/tmp/$1.key" 2>/dev/null &&
		keyctl-bpf cert request --quiet --key "/tmp/$1.key" --name "$1" -o "/tmp/$1.csr" &&
		keyctl-bpf cert issue --quiet "/tmp/$1.csr" --ca "/tmp/$2.pem" \
			--ca-key "/tmp/$2.key" --role build -o "/tmp/$1.pem"
}

fingerprint() {
	openssl x509 -in "/tmp/$1.pem" -outform DER | sha256sum | cut -d' ' -f1
}

# at DATE CMD...: with the clock set to DATE, and then right again as far as a guest needs
at() {
	local now

	now=$(date +%s)
	date -u -s "$1" >/dev/null
	"${@:2}"
	date -u -s "@$now" >/dev/null
}

# ring FILTER ARG...: what jq makes of `keyring show ARG... --json`
ring() {
	keyctl-bpf keyring show "${@:2}" --json 2>/dev/null | jq -r ".result | $1"
}

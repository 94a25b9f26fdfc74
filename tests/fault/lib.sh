# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the fault tests: faults KIND [TPM], or faults cuts, runs them all in a folder of their own.

set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

faults() {
	local o scratch code

	o=$(realpath -m -- "${O:-build}")
	scratch=$(mktemp -d)
	cp "$o/lib/bpf/reader.bpf.o" "$scratch/in.bpf.o" || return
	# Keys as others protect them.
	(umask 077 && cd "$scratch" && echo 'a word' >word &&
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -passout file:word \
			-subj /CN=x -keyout locked.pem -out locked.crt 2>/dev/null &&
		openssl pkcs12 -export -inkey locked.pem -in locked.crt -passin file:word \
			-passout 'pass:a word' -out locked.p12) || return
	"$o/tests/cli/lskel" "$scratch/in.bpf.o" seed >"$scratch/in.lskel.h" || return
	if [ "$1" = cuts ]; then
		"$o/tests/fault/cuts" "$scratch"
	else
		"$o/tests/fault/faults" "$1" "$scratch" "${@:2}"
	fi
	code=$?
	rm -rf "$scratch"
	return "$code"
}

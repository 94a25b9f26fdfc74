# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the fault tests: faults KIND runs them all in a folder of their own.

set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

faults() {
	local o scratch code

	o=$(realpath -m -- "${O:-build}")
	scratch=$(mktemp -d)
	cp "$o/lib/bpf/reader.bpf.o" "$scratch/in.bpf.o" || return
	"$o/tests/fault/faults" "$1" "$scratch"
	code=$?
	rm -rf "$scratch"
	return "$code"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys that a TPM guards, on a swtpm and on the TPM in a folder: tests/tpm/table.sh.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/tpm/table.sh
. "$top/tests/tpm/table.sh"
need swtpm openssl jq dpkg

PATH=$O/tests/kernel:$PATH
object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')

# taken NAME: by ourselves and by openssl
taken() {
	rm -rf parts
	ok "$1: verifies" kb verify "$1.o" --cert "$1.crt"
	kb inspect "$1.o" --extract parts >/dev/null
	ok "$1: for openssl, too" openssl cms -verify -binary -inform DER -in parts/insns.der \
		-content parts/loader.bin -certfile "$1.crt" -nointern -noverify -out /dev/null
}

# A TPM in a folder starts with each command: what an update changes in PCR 16 is not there for long.
mkdir swtpm_keys folder_keys
cd folder_keys || exit 1
tpm=embedded:$T/folder_tpm
before_keys
make_keys
use_keys "in another process"
spoiled_files
wrong_pins
moved_counter
another_tpm
cleared_tpm

swtpm_start
tpm=$swtpm
cd ../swtpm_keys || exit 1
before_keys
make_keys
swtpm_stop
swtpm_start
tpm=$swtpm
use_keys "after a restart"
spoiled_files
wrong_pins
changed_pcr
moved_counter
another_tpm
cleared_tpm
swtpm_stop
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys that the machine's TPM guards (tests/tpm/table.sh) sign what the kernel verifies, before and
# after the machine was started anew.
# lab: one kernel will do
# lab: not on the native kernel

# shellcheck disable=SC2034 # read by guest.sh
guest_files='tests/tpm/table.sh' guest_tools='openssl jq' guest_timeout=1500
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source-path=SCRIPTDIR source=../tpm/table.sh
. /lab/tests/tpm/table.sh

tpm=device:/dev/tpmrm0
object=/bpf/xsk_def_xdp_prog.o
kb() { keyctl-bpf "$@"; }

# taken NAME: by the kernel, which has the certificate since the machine was started
taken() {
	[ -e "/run/$1.enrolled" ] || ok "$1: enrolled" keyctl-bpf keyring enroll "$1.crt"
	touch "/run/$1.enrolled"
	ok "$1: the kernel takes it" keyctl-bpf load "$1.o"
}

mkdir -p /disk/keys
cd /disk/keys || exit 1
ok "the keyring is made" keyctl-bpf keyring create
if [ "$BOOT" = 1 ]; then
	before_keys
	make_keys
	restart
fi
use_keys "after a restart"
spoiled_files
wrong_pins
changed_pcr
moved_counter
another_tpm
cleared_tpm
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's TPM device: our keys through /dev/tpmrm0, with its resource manager in between.
# lab: one kernel will do

# shellcheck disable=SC2016 # the driver expands it
guest_files='$O/tests/tpm/test_key'
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

run keyctl-bpf tpm show --json
is "$rc" 0 "the default is the device"
like "$out" '"tpm": "device:/dev/tpmrm0", "kind": "device", "software": true' \
	"which is an emulator here, and says so"

# It takes a while in an emulated machine: what it prints are signs of life, too.
"$O/tests/tpm/test_key" device:/dev/tpmrm0 10 2>&1 | tee /tmp/key.out |
	while read -r line; do diag "$line"; done
is "${PIPESTATUS[0]}" 0 "all of test_key"
is "$(grep -c '^ok' /tmp/key.out)" "$(sed -n 's/^1\.\.//p' /tmp/key.out)" "each point of it"

# The device without a resource manager belongs to one at a time, and the answer tells the other.
exec 7<>/dev/tpm0
refused 1 "cannot open TPM '/dev/tpm0': Device or resource busy" \
	keyctl-bpf tpm show --tpm device:/dev/tpm0
exec 7>&-
accepted keyctl-bpf tpm show --tpm device:/dev/tpm0

# Other users.
refused 4 "cannot open TPM '/dev/tpmrm0': Permission denied" \
	setpriv --reuid 1000 --regid 1000 --clear-groups keyctl-bpf tpm show

done_testing

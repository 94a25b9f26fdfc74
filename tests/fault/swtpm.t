#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same on a swtpm: with sessions, and with what a failure could leave in a TPM that lives on.

# shellcheck source-path=SCRIPTDIR source=../tpm/lib.sh
. "$(dirname -- "$0")/../tpm/lib.sh"
need swtpm tpm2_getcap
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$top/tests/fault/lib.sh"

swtpm_start
faults esys "$swtpm"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each call into ESYS fails once, in every flow that uses the TPM in our own process.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
faults esys

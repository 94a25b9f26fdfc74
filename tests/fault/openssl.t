#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each allocation inside OpenSSL fails once, in every flow that keys go through.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
faults openssl

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each allocation fails once, in every flow that keys go through.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
faults alloc

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The power goes at each point of each flow that replaces files.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
faults cuts

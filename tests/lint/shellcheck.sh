#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every script passes shellcheck.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
command -v shellcheck >/dev/null || skip_all "shellcheck is not installed"

for f in $(scripts); do
	ok "$f" shellcheck -S warning "$f"
done

done_testing

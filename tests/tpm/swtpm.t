#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of keys on a swtpm: over a bus, with a salted and encrypted session, and started by us.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_getcap jq

swtpm_start
run kb tpm show --tpm "$swtpm" --json
is "$rc" 0 "one that nobody has started is started"
json '.result | "\(.kind) \(.software) \(.vendor)"' 'swtpm true SW   TPM' "and named"
run kb tpm show --tpm "$swtpm"
is "$rc" 0 "and one that is started is as good"

for t in test_key test_policy test_index test_quote test_measure; do
	run "$O/tests/tpm/$t" "$swtpm"
	is "$rc" 0 "all of $t"
	is "$(grep -c '^ok' <<<"$out")" "$(sed -n 's/^1\.\.//p' <<<"$out")" "each point of it"
	grep '^not ok' <<<"$out" | while read -r line; do diag "$line"; done
done

# Nothing stays in a TPM without a resource manager.
for what in handles-transient handles-loaded-session handles-saved-session; do
	is "$(tpm2_getcap -T "$swtpm" $what)" '' "no $what left"
done

swtpm_stop
refused 4 "no TPM answers at '$swtpm'" kb tpm show --tpm "$swtpm"

done_testing

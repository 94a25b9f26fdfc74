#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tpm show: what a TPM says, and a sentence for each way of not reaching one.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq

run kb tpm show --tpm embedded:state
is "$rc" 0 "an embedded TPM is made and shown"
is "$err" '' "without a word on stderr"
is "$(sed -nE 's/^kind: +//p' <<<"$out")" embedded "its kind"
like "$out" 'this TPM is software' "labelled"
is "$(stat -c %a state state/permall)" "$(printf '700\n600')" "nobody else reaches its state"
absent NVChip

run kb tpm show --tpm embedded:state --json
is "$rc" 0 "as JSON"
is_envelope "an answer"
json '.result | keys | join(" ")' \
	"algorithms firmware kind lockout manufacturer owner_password_set revision software srk_name srk_persistent tpm vendor" \
	"its fields"
json '.result.lockout | keys | join(" ")' \
	"ends_by_itself failed_tries forget_seconds locked_out max_tries password_set recovery_seconds tries_left" "and the lockout's"
json '.result.lockout | "\(.max_tries - .tries_left) \(.ends_by_itself)"' '0 false' "no wrong PIN so far"
json '.result.algorithms | index("p256", "rsa2048") != null' "$(printf 'true\ntrue')" "what every TPM has"
json '.result | "\(.tpm) \(.software) \(.srk_persistent) \(.srk_name) \(.lockout.locked_out)"' \
	"embedded:state true false null false" "and what this one is"

# Nothing to reset is nothing changed; lockouts themselves are in tests/tpm/lockout.t.
for dry in '' --dry-run; do
	# shellcheck disable=SC2086 # an option or none
	run kb tpm reset-lockout --tpm embedded:state --json $dry
	is "$rc" 0 "a TPM that remembers no wrong PIN${dry:+, $dry}"
	is_envelope "reset-lockout${dry:+, $dry}"
	json '"\(.changed) \(.result | keys | join(" "))"' 'false after before tpm' "is left as it is"
	json '.result.before == .result.after' true "and shown twice"
done
refused 2 "." kb tpm reset-lockout surplus
refused 4 "no TPM answers at 'swtpm:port=1'" kb tpm reset-lockout --tpm swtpm:port=1

# The state is the only thing that makes it this TPM.
: >state/permall
refused 1 "TPM state 'state/permall' is damaged: empty" kb tpm show --tpm embedded:state
is "$(stat -c %s state/permall)" 0 "an empty state is not replaced"
like "$err" "hint: restore 'state/permall' from a backup" "with a hint"
chmod 755 state
refused 3 "TPM state directory 'state' has mode 0755" kb tpm show --tpm embedded:state
run kb tpm show --tpm embedded:state --json
is "$rc" 3 "as JSON"
is_envelope "a failure"
json .error.code E_INSECURE "its code"
is "$(jq -r .result <<<"$out")" null "without a result"

if [ -e /dev/tpmrm0 ]; then
	skip 3 "this machine has a TPM"
else
	refused 4 "no TPM here: '/dev/tpmrm0' does not exist" kb tpm show
	is "$out" '' "nothing on stdout"
	like "$err" 'hint: .*--tpm' "with a hint"
fi
refused 4 "no TPM answers at 'swtpm:port=1'" kb tpm show --tpm swtpm:port=1
refused 4 "cannot open TPM '/dev/nothing'" kb tpm show --tpm device:/dev/nothing
: >file
refused 4 "'file' is not a device" kb tpm show --tpm device:file
refused 2 "'chip:x' names no kind of TPM" kb tpm show --tpm chip:x
refused 2 "'/usr/lib/libtss2-tcti-device.so' names no kind of TPM" \
	kb tpm show --tpm /usr/lib/libtss2-tcti-device.so
refused 2 "'embedded:' lacks its directory" kb tpm show --tpm embedded:
refused 2 "longer than" kb tpm show --tpm "embedded:$(printf 'a%.0s' {1..200})"
refused 2 "." kb tpm show surplus
refused 2 "." kb tpm show --dry-run

# Neither the environment nor an OpenSSL configuration steers libtpms.
cat >openssl.cnf <<-'END'
	openssl_conf = top
	[top]
	alg_section = algs
	[algs]
	default_properties = provider=nothing
END
OPENSSL_CONF=$T/openssl.cnf TSS2_LOG=all+trace run kb tpm show --tpm embedded:fresh
is "$rc" 0 "an OpenSSL configuration does not break it"
is "$err" '' "and the TSS is not made to talk"

done_testing

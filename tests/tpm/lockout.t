#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lockout over a bus: what tpm show says of it, and the way out.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_dictionarylockout tpm2_changeauth tpm2_create jq

swtpm_start
export TPM2TOOLS_TCTI=$swtpm
run kb tpm show --tpm "$swtpm"
is "$rc" 0 "the TPM is there"

# Keys that others made with a PIN are what can be guessed at; one use with a wrong one counts.
{
	tpm2_dictionarylockout -s -n 2 -t 7200 -l 3600 && tpm2_createprimary -C o -c srk.ctx &&
		tpm2_flushcontext -t &&
		tpm2_create -C srk.ctx -G ecc -p right -u key.pub -r key.priv && tpm2_flushcontext -t &&
		tpm2_load -C srk.ctx -u key.pub -r key.priv -c key.ctx && tpm2_flushcontext -t
} >setup.log 2>&1 || { diag "$(cat setup.log)"; echo "Bail out! no key with a PIN"; exit 1; }
echo data >data

guess() {
	tpm2_sign -c key.ctx -p "$1" -o sig data >/dev/null 2>&1
	local code=$?

	tpm2_flushcontext -t
	return "$code"
}

ok "the right PIN is taken" guess right
guess wrong
run kb tpm show --tpm "$swtpm" --json
json '.result.lockout | "\(.failed_tries) \(.tries_left) \(.locked_out) \(.ends_by_itself)"' \
	'1 1 false true' "one wrong PIN of two"
run kb tpm show --tpm "$swtpm"
like "$out" 'it remembers wrong PINs: 1 more, and it is locked out' "in words"
like "$out" 'it forgets one each 7200 seconds of running' "with the time"
like "$out" "keyctl-bpf tpm reset-lockout --tpm $swtpm\$" "and the way out"
guess wrong
run kb tpm show --tpm "$swtpm"
like "$out" 'it is locked out after 2 wrong PINs, and refuses right ones too' "two of two"
like "$out" 'one more try after at most 7200 seconds' "the time until the next one"
not_ok "the right PIN is refused" guess right

run kb tpm reset-lockout --tpm "$swtpm" --dry-run --json
is "$rc" 0 "what a reset would do"
json '[.changed, .result.before.locked_out, .result.after.locked_out, .result.after.failed_tries] |
	map(tostring) | join(" ")' 'false true false 0' "is told"
run kb tpm show --tpm "$swtpm" --json
json .result.lockout.locked_out true "but not done"
run kb tpm reset-lockout --tpm "$swtpm" --json
is "$rc" 0 "a reset"
json '[.changed, .result.before.locked_out, .result.after.locked_out, .result.after.failed_tries] |
	map(tostring) | join(" ")' 'true true false 0' "from locked to free"
ok "the right PIN is taken again" guess right
run kb tpm reset-lockout --tpm "$swtpm" --json
json '"\(.ok) \(.changed)"' 'true false' "once more changes nothing"

# With a lockout password, and with one at the owner: no storage root key can be made then.
tpm2_changeauth -c lockout 'way out' && tpm2_changeauth -c owner owned
guess wrong
refused 2 "a lockout password is set in this TPM: it needs a PIN, and there is no terminal" \
	setsid "$KB" tpm reset-lockout --tpm "$swtpm"
(umask 077 && echo 'way out' >word && echo 'no way' >bad && : >empty)
run kb tpm reset-lockout --tpm "$swtpm" --passphrase-file word --json
is "$rc" 0 "the right lockout password"
json '"\(.changed) \(.result.before.failed_tries) \(.result.after.failed_tries)"' 'true 1 0' \
	"resets it, also with an owner's password set"
guess wrong
refused 3 'the lockout password is wrong, and the TPM takes none now' \
	kb tpm reset-lockout --tpm "$swtpm" --passphrase-file bad
like "$err" 'hint: wait 3600 seconds' "with the time to wait"
is "$(grep -c 'way out\|no way' <<<"$out$err")" 0 "the password is not told"
refused 3 'the lockout password itself is locked after a wrong one' \
	kb tpm reset-lockout --tpm "$swtpm" --passphrase-file word
for what in handles-transient handles-loaded-session handles-saved-session; do
	is "$(tpm2_getcap $what)" '' "no $what left"
done

done_testing

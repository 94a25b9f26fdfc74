#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# key show over a bus: what it says of a TPM that locks, is cleared, or is another one.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_dictionarylockout tpm2_clear jq

swtpm_start
export TPM2TOOLS_TCTI=$swtpm
umask 077
echo 2468 >pin && echo 8642 >bad

# As swtpm makes a TPM, three wrong PINs lock it; its limits are its owner's.
run kb key new --tpm "$swtpm" --pin --passphrase-file pin -o pin.pem
is "$rc" 0 "a key with a PIN"
like "$err" 'warning: 3 wrong PINs lock this TPM' "with a warning"
like "$err" 'tpm2_dictionarylockout --setup-parameters --max-tries=32' "and the way to more"
run kb tpm show --tpm "$swtpm" --json
json '.result.lockout | "\(.max_tries) \(.forget_seconds)"' '3 1000' "nothing was changed"
ok "its owner allows more" tpm2_dictionarylockout -s -n 5 -t 7200 -l 3600
run kb key new --tpm "$swtpm" --pin --passphrase-file pin -o pin2.pem
is "$(grep -c 'wrong PINs' <<<"$err")" 0 "which is worth no warning"
ok "a key without a PIN" kb key new --tpm "$swtpm" -o plain.pem
ok "a sealed one" kb key new --tpm "$swtpm" --form sealed --recovery none-i-accept-the-loss \
	-o sealed.key

run kb key show pin.pem --tpm "$swtpm" --json
json '.result | "\(.usable_now) \(.lockout.tries_left) \(.lockout.forget_seconds)"' 'yes 5 7200' \
	"key show says how many tries there are"
for _ in 1 2 3 4 5; do
	kb cert new --tpm "$swtpm" --passphrase-file bad -k pin.pem -r build -n x -o x.crt 2>/dev/null
done
run kb key show pin.pem --tpm "$swtpm" --json
is "$rc" 0 "locked out, it still shows"
json '.result | "\(.usable_now) \(.lockout.locked_out) \(.lockout.tries_left)"' 'no true 0' "that"
refused 3 'the key cannot be used now: the TPM is locked out after 5 wrong PINs' \
	kb key show pin.pem --check --tpm "$swtpm"
like "$err" 'hint: wait 7200 seconds for one more try, or .*tpm reset-lockout' "and for how long"
run kb key show plain.pem --check --tpm "$swtpm" --json
json .result.usable_now yes "keys without a PIN work"
ok "reset-lockout" kb tpm reset-lockout --tpm "$swtpm"
run kb key show pin.pem --check --tpm "$swtpm" --json
is "$rc" 0 "and the others again"

# Cleared, it is the same TPM with other keys.
ok "the TPM is cleared" tpm2_clear
refused 3 'the key was made in this TPM, which was cleared since' \
	kb key show plain.pem --check --tpm "$swtpm"
like "$err" 'hint: .*key recover' "with the way back"
refused 3 'it was sealed to this TPM, which was cleared since' \
	kb key show sealed.key --check --tpm "$swtpm"
refused 3 'the key was made in this TPM, which was cleared since' \
	kb cert new --tpm "$swtpm" -k plain.pem -r build -n x -o x.crt
refused 3 'it was sealed to this TPM, which was cleared since' \
	kb cert new --tpm "$swtpm" -k sealed.key -r build -n x -o x.crt
run kb key show pin.pem --tpm "$swtpm" --json
json '.result | "\(.usable_now) \(.why | test("cleared since"))"' 'no true' "a PIN is not asked for"

# With a storage root key that stood at its place, and is gone with the rest.
tpm2_createprimary -Q -C o -G rsa -c srk.ctx && tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_flushcontext -t
ok "a key under one that stands at 0x81000001" kb key new --tpm "$swtpm" -o under.pem
ok "it works" kb key show under.pem --check --tpm "$swtpm"
tpm2_clear
refused 3 'the key was made in this TPM, which was cleared since' \
	kb key show under.pem --check --tpm "$swtpm"

# Without what tells them apart, as files of before.
jq 'del(.tpm_id)' plain.pem.meta >meta && mv meta plain.pem.meta
refused 3 'another one, or this one before it was cleared' \
	kb key show plain.pem --check --tpm "$swtpm"

# And another TPM in its place.
swtpm_stop
rm -rf swtpm
swtpm_start
refused 3 'the key was made in another TPM' kb key show under.pem --check --tpm "$swtpm"
refused 3 'none of its 1 slots for TPMs is for this one, .*made on another machine' \
	kb key show sealed.key --check --tpm "$swtpm"
is "$(grep -c cleared <<<"$err")" 0 "and says nothing of clearing"
swtpm_stop
refused 4 "whether the key can be used now is not known: no TPM answers at '$swtpm'" \
	kb key show under.pem --check --tpm "$swtpm"
run kb key show pin.pem --tpm "$swtpm"
is "$rc" 0 "with none at all it still shows"
like "$out" 'usable now: +unknown' "that nobody knows"
absent x.crt

done_testing

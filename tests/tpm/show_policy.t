#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# key show of keys under policies, over a bus: what they need, and which part of it is not met.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_pcrextend tpm2_nvdefine jq xxd

swtpm_start
export TPM2TOOLS_TCTI=$swtpm
tpm2_startup -c 2>/dev/null
umask 077
echo 2468 >pin

# PCR 16 is the one that may be changed, and a counter ends what was signed.
counter=0x01800300
tpm2_nvdefine -Q -C o "$counter" -a 'nt=counter|authread|authwrite|ownerread|ownerwrite|no_da' -s 8
tpm2_nvincrement -Q -C o "$counter"
limit=$((16#$(tpm2_nvread -C o "$counter" 2>/dev/null | xxd -p | sed 's/^0*//')))
ok "a policy key" kb key new --form file -o policy.key --quiet
ok "a policy" kb key policy new --key policy.key --ref fleet -o p
ok "a state" kb key policy sign p --key policy.key --pcrs sha256:7,16 --tpm "$swtpm"
ok "a key under it" kb key new --tpm "$swtpm" --policy p -o signed.pem
ok "one under the PCRs themselves" kb key new --tpm "$swtpm" --pcrs sha256:7,16 -o literal.pem
ok "one with a limit" kb key new --tpm "$swtpm" --rollback "$counter:$limit" -o counted.pem
ok "a sealed one with all" kb key new --tpm "$swtpm" --form sealed --policy p --rollback \
	"$counter:$limit" --pin --passphrase-file pin --recovery none-i-accept-the-loss -o all.key
for key in signed.pem literal.pem counted.pem all.key; do
	run kb key show $key --tpm "$swtpm" --json
	json .result.usable_now yes "$key: key show says that it can be used"
done
json '.result.ways[0] | "\(.slot) \(.pin) \(.ref) \(.policy_file) \(.signed_states)"' \
	'1 true fleet p 1' "and what it needs"
json '.result.ways[0] | "\(.signed_state.met) \(.signed_state.pcrs | length) \(.literal.limit)"' \
	"true 2 $limit" "in numbers"
run kb key show all.key --tpm "$swtpm"
like "$out" "needs a state of the machine that the policy key has signed for 'fleet'" "in words"
like "$out" "needs the counter $counter to be at most $limit" "each of them"

was=$(tpm2_pcrread sha256:16 | sed -n 's/.*: 0x//p')
tpm2_pcrextend 16:sha256="$(printf '%064d' 1)"
now=$(tpm2_pcrread sha256:16 | sed -n 's/.*: 0x//p')
tpm2_nvincrement -Q -C o "$counter"
for key in signed.pem all.key; do
	refused 3 "no signed state of the key's policy is the present one; .*PCR 16 is " \
		kb key show $key --check --tpm "$swtpm"
done
refused 3 'the policy of the key is not met: in the bank sha256 PCR 16 is ' \
	kb key show literal.pem --check --tpm "$swtpm"
refused 3 "the counter $counter is $((limit + 1)), and the limit $limit" \
	kb key show counted.pem --check --tpm "$swtpm"
run kb key show literal.pem --tpm "$swtpm" --json
is "$rc" 0 "without --check that is an answer"
json '.result.ways[0].literal | "\(.met) \(.pcrs[1].pcr) \(.pcrs[1].expected) \(.pcrs[1].there)"' \
	"false 16 ${was,,} ${now,,}" "with what was expected and what is there"
ok "the new state is signed" kb key policy sign p --key policy.key --pcrs sha256:7,16 --tpm "$swtpm"
run kb key show signed.pem --check --tpm "$swtpm" --json
json '"\(.ok) \(.result.ways[0].signed_states)"' 'true 2' "and the key can be used again"
mv p away
refused 1 'the states that the key may be used in cannot be read' \
	kb key show signed.pem --check --tpm "$swtpm"
mv away p

swtpm_stop
done_testing

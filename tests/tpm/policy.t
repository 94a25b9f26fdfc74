#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signed policies with tpm2-tools as the judge: what they seal under PolicyAuthorize opens in each
# state that 'key policy sign' has signed, and in no other. PCR 16 is the one that may be changed.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_policyauthorize openssl jq xxd

swtpm_start
export TPM2TOOLS_TCTI=$swtpm
tpm2_startup -c 2>/dev/null
# One that refused to unseal counts against the lockout, unless it is told not to.
attributes='fixedtpm|fixedparent|noda|adminwithpolicy'
ref=666c656574
echo 'what is sealed' >secret

# asn1 SIG: r and s as DER
asn1() {
	local n=$((${#1} / 2))

	printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${1:0:n}" "${1:n}" >sig.cnf
	openssl asn1parse -genconf sig.cnf -noout -out sig
}

flush() {
	tpm2_flushcontext -t && tpm2_flushcontext -l && tpm2_flushcontext -s
}

# seal KEY_TYPE: an object under a policy that wants a state signed by the key in policy.pub
seal() {
	tpm2_loadexternal -Q -C o -G "$1" -u policy.pub -c signer.ctx -n signer.name &&
		tpm2_startauthsession -S trial.ctx &&
		tpm2_policyauthorize -Q -S trial.ctx -q $ref -n signer.name -L authorized &&
		tpm2_flushcontext trial.ctx && flush &&
		tpm2_createprimary -Q -C o -c primary.ctx && tpm2_create -Q -C primary.ctx \
			-L authorized -a "$attributes" -i secret -u sealed.pub -r sealed.priv && flush
}

# try_state KEY_TYPE N PCRS [COUNTER]: unseal by the state N of the policy p
try_state() {
	local hex scheme=rsassa

	hex=$(jq -r ".states[$2].signature" p | base64 -d | xxd -p -c 1024)
	xxd -r -p <<<"$hex" >sig
	[ "$1" = rsa ] || { asn1 "$hex" && scheme=ecdsa; }
	flush
	tpm2_startauthsession --policy-session -S session.ctx &&
		tpm2_policypcr -Q -S session.ctx -l "$3" -L approved || return
	if [ -n "${4:-}" ]; then
		printf '%016x' "$(jq -r ".states[$2].counter.limit" p)" | xxd -r -p >limit
		tpm2_policynv -Q -S session.ctx -i limit -L approved "$4" ule || return
	fi
	{ cat approved && xxd -r -p <<<"$ref"; } >signed
	tpm2_loadexternal -Q -C o -G "$1" -u policy.pub -c signer.ctx &&
		tpm2_verifysignature -Q -c signer.ctx -g sha256 -m signed -s sig -f $scheme -t ticket &&
		tpm2_flushcontext -t &&
		tpm2_policyauthorize -Q -S session.ctx -i approved -q $ref -n signer.name -t ticket &&
		tpm2_createprimary -Q -C o -c primary.ctx &&
		tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx &&
		tpm2_flushcontext -t && tpm2_unseal -c sealed.ctx -p session:session.ctx -o unsealed &&
		cmp -s secret unsealed
}

# open_state: the same; nothing of it stays in the TPM
open_state() {
	local r

	try_state "$@"
	r=$?
	flush
	return $r
}

# check KIND FORM ALG: a policy key of one kind, from the first state to the update
check() {
	local type=$1 one two

	rm -f policy.key policy.key.meta p
	flush
	tpm2_pcrreset 16
	ok "$2 $3: key new" kb key new --form "$2" --alg "$3" --tpm "$swtpm" -o policy.key
	kb cert new --key policy.key --role policy --name policy --tpm "$swtpm" -o policy.crt --force --quiet
	openssl x509 -in policy.crt -noout -pubkey >policy.pub
	ok "policy new" kb key policy new --key policy.key --ref fleet --tpm "$swtpm" -o p
	is "$(jq -r .signer p)" "$(cat policy.pub)" "with the public half of the key"
	ok "tpm2-tools seal under it" seal "$type"
	ok "policy sign" kb key policy sign p --key policy.key --pcrs sha256:7,16 --tpm "$swtpm"
	ok "the signed state opens it" open_state "$type" 0 sha256:7,16

	one=$(tpm2_pcrread sha256:16 | sed -n 's/.*: 0x//p')
	tpm2_pcrextend 16:sha256="$(sha256sum <secret | cut -d' ' -f1)"
	two=$(tpm2_pcrread sha256:16 | sed -n 's/.*: 0x//p')
	refused 1 Esys_VerifySignature open_state "$type" 0 sha256:7,16
	run kb key policy show p --tpm "$swtpm" --json
	json '.result.states[0] | "\(.met) \(.pcrs[1].expected) \(.pcrs[1].there | ascii_upcase)"' \
		"false ${one,,} $two" "policy show names what differs"
	ok "after an update: policy sign" \
		kb key policy sign p --key policy.key --pcrs sha256:7,16 --tpm "$swtpm"
	ok "the same object opens again" open_state "$type" 1 sha256:7,16
	refused 1 Esys_VerifySignature open_state "$type" 0 sha256:7,16
	run kb key policy show p --tpm "$swtpm" --json
	json '[.result.states[].met] | join(" ")' 'false true' "policy show knows which one it is"

	tpm2_pcrread -Q sha256:7,16 >/dev/null
	tpm2_pcrread sha256:7,16 >values
	run kb key policy sign p --key policy.key --pcr-values values --tpm "$swtpm" --json
	json .changed false "values as tpm2_pcrread prints them are the same state"
}

check ecc file p256
check rsa tpm rsa2048

# A counter ends what was signed.
counter=0x01800200
limit_of() {
	tpm2_nvread -C o "$counter" | xxd -p | sed 's/^0*//'
}
refused 1 'no counter' kb key policy sign p --key policy.key --pcrs sha256:7,16 \
	--rollback $counter:1 --tpm "$swtpm"
tpm2_nvdefine -Q -C o "$counter" -a 'nt=counter|authread|authwrite|ownerread|ownerwrite|no_da' -s 8
refused 1 'never incremented' kb key policy sign p --key policy.key --pcrs sha256:7,16 \
	--rollback $counter:1 --tpm "$swtpm"
tpm2_nvincrement -Q -C o "$counter"
flush
now=$((16#$(limit_of)))
ok "policy sign --rollback" kb key policy sign p --key policy.key --pcrs sha256:7,16 \
	--rollback "$counter:$now" --replace --tpm "$swtpm"
is "$(jq -r '.states[0].counter.name' p)" \
	"$(tpm2_nvreadpublic "$counter" | sed -n 's/.*name: //p')" "the counter by its TPM name"
ok "tpm2-tools seal under it" seal rsa
ok "it opens at the limit" open_state rsa 0 sha256:7,16 $counter
tpm2_nvincrement -Q -C o "$counter"
refused 1 Esys_PolicyNV open_state rsa 0 sha256:7,16 $counter
run kb key policy show p --tpm "$swtpm"
like "$out" 'revoked: the counter has passed the limit' "policy show says why"
ok "a new state under the next limit" kb key policy sign p --key policy.key --pcrs sha256:7,16 \
	--rollback "$counter:$((now + 1))" --tpm "$swtpm"
ok "opens it again" open_state rsa 1 sha256:7,16 $counter
refused 1 Esys_PolicyNV open_state rsa 0 sha256:7,16 $counter
tpm2_nvundefine -Q -C o "$counter"
run kb key policy show p --tpm "$swtpm" --json
json '[.result.states[].met] | join(" ")' 'false false' "without the counter nothing is met"

# An index that is no counter, and banks that are not there.
tpm2_nvdefine -Q -C o 0x01800201 -a 'ownerread|ownerwrite' -s 8
refused 3 'is no counter' kb key policy sign p --key policy.key --pcrs sha256:7 \
	--rollback 0x01800201:1 --tpm "$swtpm"
tpm2_pcrallocate -Q sha256:all+sha1:none+sha384:none+sha512:all
swtpm_stop && swtpm_start
refused 4 "does not have the PCRs 'sha1:0,7'" \
	kb key policy sign p --key policy.key --pcrs sha1:0,7 --tpm "$swtpm"
ok "a bank that is there" kb key policy sign p --key policy.key --pcrs sha512:0-23 --tpm "$swtpm"
is "$(jq '.states[-1].pcrs.values | length' p)" 24 "all of it, in three readings"

swtpm_stop
done_testing

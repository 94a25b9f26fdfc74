#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# status: what it answers where little can be seen, and where nothing is provisioned. Machines that
# are provisioned are guests (tests/kernel/).

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq setpriv

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

[ "$(id -u)" = 0 ] || nobody() { "$@"; }
cp "$KB" "$T/kb"
chmod 755 "$T" "$T/kb"

refused 2 "takes no '--root'" kb status --root "$T"
refused 2 "no option '--verdict'|--verdict" kb status --verdict
is "$out" '' "nothing on stdout"

# Without privilege: an answer, in which nothing that could not be seen is called well.
run nobody "$T/kb" status --tpm device:/nonexistent
is "$rc" 0 "status is an answer also for those who see nothing"
like "$out" 'unchecked: keyring: the keyrings belong to root' "what could not be seen is said"
unlike "$out" 'attention: keyring' "and is not called wrong either"
run nobody "$T/kb" status --check
isnt "$rc" 0 "could not check is never 0"
run nobody "$T/kb" status --check --json
is_envelope "one object"
json '.ok, (.result | keys | join(" ")), (.error.code == "E_UNCHECKED" or .error.code == "E_ATTENTION")' \
	"$(printf 'false\nfindings gate keyring tpm\ntrue')" \
		"the answer is whole although it says no"
json '[.result.findings[] | keys | join(" ")] | unique | join("|")' "next severity topic what" \
	"the fields of a finding"
json '[.result.findings[].severity] | unique - ["attention", "note", "unchecked"] | length' 0 \
	"severities"

run nobody "$T/kb" status --tpm device:/nonexistent --json
json '.result.tpm.error | test("nonexistent")' true "a TPM that was named and is not there is named"
json '[.result.findings[] | select(.topic == "tpm").severity] | join(" ")' unchecked \
	"and could not be checked"

if [ "$(id -u)" = 0 ] && [ ! -e /sys/module/bpf_keyring ] && keyctl rlist @u >/dev/null 2>&1; then
	refused 3 'need' kb status --check --staging nothing$$
	like "$out" "attention: keyring: no staging keyring 'nothing$$'" \
		"no keyring needs attention"
	like "$out" 'next: keyctl-bpf keyring create --staging' "with the next command"
	before=$(keyctl rlist @u; ls /run/keyctl-bpf /var/lib/keyctl-bpf 2>&1)
	run kb status
	is "$(keyctl rlist @u; ls /run/keyctl-bpf /var/lib/keyctl-bpf 2>&1)" "$before" \
		"nothing is written"
else
	skip 4 "needs root and a machine without keyrings"
fi
done_testing

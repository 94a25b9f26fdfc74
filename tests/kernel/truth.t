#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may load what: each row of truth.table in each mode, with its reason in the record.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh tests/kernel/truth.table $O/tests/kernel/truth_load'
guest_tools='jq openssl getfattr setfattr'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

table=$PWD/tests/kernel/truth.table
load=$O/tests/kernel/truth_load
loaders='ordinary trusted signed other-type delegated wrong-digest tampered'
policy=/etc/keyctl-bpf/gate.json

enrolled_key() {
	keyctl-bpf -q key new --form file -o "$2.key" 2>/dev/null &&
		keyctl-bpf -q cert new --key "$2.key" --role "$1" --name "$2" -o "$2.pem" &&
		keyctl-bpf -q keyring enroll --role "$1" "$2.pem"
}

set_up
keyctl-bpf -q keyring create --role loader >/dev/null 2>&1
keyctl-bpf -q keyring create --role delegated >/dev/null 2>&1
for k in expired revoked stranger; do new_key $k; done
ok "keys of each sort" keyctl-bpf -q keyring enroll expired.pem revoked.pem
ok "a delegated one" enrolled_key delegated delegated
ok "and one that signs loaders" enrolled_key loader vendor
openssl x509 -in stranger.pem -outform DER | keyctl padd asymmetric stranger "$ring" >/dev/null
for k in build delegated expired revoked stranger; do sign_bytes $k tiny.bin $k.sig; done
delegated_ring=$((0x$(awk '/ \.bpf_delegated/ { print $1 }' /proc/keys)))

vouch_libraries "$load"
for l in $loaders; do cp "$load" "/disk/$l"; done
echo >>/disk/other-type # the same program with other digests
echo more >>/disk/delegated
echo wrong >>/disk/wrong-digest
echo signed >>/disk/signed
allow() { keyctl-bpf -q loader allow "$@" --with-libraries; }
ok "trusted for one type" allow /disk/trusted --name trusted --types socket_filter
ok "for another" allow /disk/other-type --name other-type --types xdp
ok "for a delegation" allow /disk/delegated --name delegated --types sched_cls
ok "signed" keyctl-bpf -q loader sign /disk/signed --key vendor.key --cert vendor.pem --with-libraries
ok "by a key that counts" keyctl-bpf -q loader allow --cert vendor.pem --name vendor --types socket_filter
cp /disk/signed /disk/tampered
setfattr -n security.bpf.keyctl -v "0x$(getfattr --only-values -n security.bpf.keyctl /disk/signed | xxd -p | tr -d '\n')" /disk/tampered
echo tampered >>/disk/tampered
ok "changed after it was signed" fsverity enable /disk/tampered
ok "of another digest" fsverity enable /disk/wrong-digest

jq --arg key "$(openssl x509 -in delegated.pem -outform DER | base64 -w 0)" \
	--arg revoked "$(openssl x509 -in revoked.pem -outform DER | base64 -w 0)" \
	--arg print "$(openssl x509 -in revoked.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)" \
	--arg until "$(date -u -d "@$(($(date +%s) + 86400))" +%FT%TZ)" --arg now "$(date -u +%FT%TZ)" '
	.delegations += [{name: "flow", loader: "delegated", types: ["socket_filter"], until: $until, key: $key}] |
	.revoked += [{kind: "key", fingerprint: $print, certificate: $revoked, reason: "a test", since: $now}]' \
	$policy >policy.json && cat policy.json >$policy
# The gate's rule ends with the time-out that the key has now; the kernel is then given more time.
expired=$(keyctl-bpf keyring show --json | jq -r '.result.keys[] | select(.subject | test("expired")) | .serial')
end=$(($(date +%s) + 15))
ok "one key has little time" keyctl timeout "$expired" 15
ok "the gate" keyctl-bpf -q gate install --self-test obj.o
ok "has its rule by then" keyctl timeout "$expired" 86400
while [ "$(date +%s)" -le $end ]; do sleep 1; done

# in_mode MODE LETTER: all rows; what each attempt ended in goes to results
in_mode() {
	local i=0 l

	for l in $loaders; do
		"/disk/$l" "$2$i" "$ring" "$delegated_ring" >>results || fail "the loader '$l' in mode $1"
		i=$((i + 1))
	done
}

# The mode is off until the end: rows are looked at once, because asking takes long in a guest.
: >results
in_mode audit a
run keyctl-bpf gate mode off
before=$(keyctl-bpf gate show --json | jq .result.decisions)
in_mode off o
is "$(keyctl-bpf gate show --json | jq .result.decisions)" "$before" "off decides nothing"
ok "the gate enforces" keyctl-bpf -q gate mode enforce --accept-existing --yes-deny
in_mode enforce e
keyctl-bpf gate log --json | jq -r '.result.decisions[] |
	"\(.program) \(.reason) \(.allowed) \(.enforced)"' >record

# said NAME: its line in the record, without the name
said() {
	awk -v n="$1" '$1 == n { print $2, $3, $4 }' record
}

allowed_reasons=' build-key delegated-key trusted-loader '
# check MODE LETTER LOADER SIGNER TYPE-NUMBER REASON WHAT
check() {
	local name=$2$3_$4_$5 got allows=false

	[[ $allowed_reasons != *" $6 "* ]] || allows=true
	got=$(sed -n "s/^$name=//p" results)
	# A kernel with a .bpf of its own verifies against that alone, whoever asks the gate.
	if [ "$KERNEL" = native ] && [ "$4" = delegated ]; then
		is "$got $(said "$name")" "EPERM " "$7: the kernel refuses any keyring but its own"
		return
	fi
	case $1 in
	off) is "$got $(said "$name")" "0 " "$7: allowed, and nothing recorded" ;;
	audit) is "$got $(said "$name")" "0 $6 $allows false" "$7: allowed, $6" ;;
	enforce)
		if $allows; then
			is "$got $(said "$name")" "0 $6 true true" "$7: allowed, $6"
		else
			is "$got $(said "$name")" "EPERM $6 false true" "$7: denied, $6"
		fi
		;;
	esac
}

declare -A number=([socket_filter]=1 [xdp]=6 [syscall]=31)
rows=0
while read -r signer type cells; do
	case $signer in '#'* | signer | '') continue ;; esac
	rows=$((rows + 1)) i=0
	for reason in $cells; do
		l=$(cut -d' ' -f$((i + 1)) <<<"$loaders")
		for mode in off audit enforce; do
			check $mode ${mode:0:1} $i "$signer" "${number[$type]}" "$reason" \
				"$mode: $signer, $type, by the loader '$l'"
		done
		i=$((i + 1))
	done
done <"$table"
is $rows 18 "every row of the table"
done_testing

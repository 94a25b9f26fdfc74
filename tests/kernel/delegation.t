#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Delegations: tests/examples/generate, a trusted loader, signs with its delegated key and loads;
# nobody else does with that key, for no other type, and not when its time is over.
# lab: not on the native kernel
# lab: one kernel will do
# shellcheck disable=SC2016,SC2034,SC2154 # read by guest.sh, which knows $O; set by gate.sh
guest_files='tests/kernel/gate.sh $O/examples/static/generate' guest_tools='jq openssl' guest_timeout=900
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

generate=$O/examples/static/generate
object=/bpf/xsk_def_xdp_prog.o # it pins nothing
other_type=$O/tests/kernel/attacks/passer.bpf.o

# gen BINARY KEY [COUNT [OBJECT]]: what its attempt ends in
gen() { run "$1" "$2.key" "$2.pem" "$delegated" "${3:-1}" <"${4:-$object}"; }
delegation() { keyctl-bpf delegation show "$1" --json | jq -r ".result | $2"; }
seen() { keyctl-bpf gate log --json | jq --arg r "$1" '[.result.decisions[] | select(.reason == $r)] | length'; }

# leaf NAME CA SAN [KEY]: a certificate as other people's tools issue them
leaf() {
	local key=${4:-$1.key}

	[ -e "$key" ] || openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$key" 2>/dev/null
	[ "$key" = "$1.key" ] || cp "$key" "$1.key"
	openssl req -new -key "$key" -subj "/CN=$1" 2>/dev/null | openssl x509 -req -CA "$2.pem" -CAkey "$2.key" \
		-CAcreateserial -days 9 -extfile <(printf 'subjectAltName=%s\n' "$3") -out "$1.pem" 2>/dev/null
	chmod 600 "$1.key"
}
new_ca() { openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days 99 2>/dev/null; }

set_up rsa2048
delegated=$((0x$(awk '/ \.bpf_delegated/ { print $1; exit }' /proc/keys)))
vouch_libraries "$generate"
for l in gen other; do cp "$generate" /disk/$l && echo $l >>/disk/$l; done
ok "a generator" keyctl-bpf -q loader allow /disk/gen --name gen --types sched_cls --with-libraries
ok "another trusted loader" keyctl-bpf -q loader allow /disk/other --name other --types sched_cls --with-libraries
ok "the gate is installed" keyctl-bpf -q gate install --self-test obj.o
ok "and enforces" keyctl-bpf -q gate mode enforce

diag "A key of its own"
keyctl-bpf -q key new --form file --alg rsa2048 -o gen.key 2>/dev/null
refused 1 "no delegation 'gen'" keyctl-bpf delegation issue gen --key gen.key --out none.pem
ok "a delegation" keyctl-bpf -q delegation add gen --loader gen --types xdp --ttl 1h
is "$(delegation gen '.keys, .in_force' | paste -sd' ')" "0 false" "without a key"
run keyctl-bpf delegation issue gen --key gen.key --out gen.pem --json
is "$(jq -r '.changed, .result.in_force' <<<"$out" | paste -sd' ')" "true now" "gets one"
is "$(delegation gen '.keys, .in_force' | paste -sd' ')" "1 true" "and is in force"
left=$(($(date -d "$(delegation gen .expires | tr T ' ' | tr -d Z)" +%s) - $(date +%s)))
ok "for an hour ($left s)" test "$left" -gt 3000 -a "$left" -le 3600
gen /disk/gen gen 500
is "$(count loaded) $rc" "500 0" "500 objects in a row, each signed and loaded"
is "$(seen delegated-key)" 500 "and 500 times by the delegated key"
gen "$generate" gen
is "$(count loaded)" 0 "the same key in the hands of anybody else"
is "$(last_decision .reason)" not-its-loader "for that reason"
gen /disk/other gen
is "$(count loaded)" 0 "of another trusted loader too"
is "$(last_decision .reason)" not-its-loader "likewise"
gen /disk/gen gen 1 "$other_type"
is "$(count loaded)" 0 "nor for another type"
is "$(last_decision .reason)" loader-type "because what a signed loader loads is bound too"
gen /disk/gen build
is "$(count loaded)" 0 "and a build key is not in this keyring"

diag "An identity that is there"
new_ca ca && new_ca crook
leaf node ca URI:spiffe://x/node
leaf wrong ca URI:spiffe://x/other
leaf fake crook URI:spiffe://x/node
ok "a delegation by issuer and name" keyctl-bpf -q delegation add node --loader gen --types xdp --ttl 1h \
	--issuer ca.pem --san URI:spiffe://x/node
refused 3 "it was not issued for" keyctl-bpf delegation enroll node wrong.pem
refused 3 "did not issue it" keyctl-bpf delegation enroll node fake.pem
refused 3 "its key is that of the delegation|is enrolled already|did not issue" keyctl-bpf delegation enroll node gen.pem
refused 3 "role" keyctl-bpf delegation enroll gen node.pem
refused 1 "'nothing'" keyctl-bpf delegation enroll node nothing
gen /disk/gen node
is "$(count loaded)" 0 "before it is enrolled it does not count"
run keyctl-bpf delegation enroll node node.pem --dry-run --json
is "$(jq -r .changed <<<"$out") $(delegation node .keys)" "false 0" "a dry run enrols nothing"
ok "it is enrolled" keyctl-bpf -q delegation enroll node node.pem
gen /disk/gen node
is "$(count loaded) $rc" "1 0" "and counts"
cp node.pem former.pem
leaf renewed ca URI:spiffe://x/node node.key
ok "its certificate is renewed" keyctl-bpf -q delegation enroll node renewed.pem
is "$(delegation node .keys)" 1 "in the place of the former"
gen /disk/gen node
is "$(count loaded)" 1 "and counts as before"
leaf second ca DNS:a,URI:spiffe://x/node
ok "another key" keyctl-bpf -q delegation enroll node second.pem
is "$(delegation node .keys)" 2 "counts beside it"
for k in node second; do gen /disk/gen $k && is "$(count loaded)" 1 "$k"; done
ok "it takes its place" keyctl-bpf -q delegation enroll node second.pem --replace
is "$(delegation node .keys)" 1 "alone"
gen /disk/gen node
is "$(count loaded)" 0 "the former is over"
refused 3 "role" keyctl-bpf delegation enroll gen build.pem
leaf builder ca URI:spiffe://x/node build.key
refused 3 "is a build key" keyctl-bpf delegation enroll node builder.pem

diag "Its time"
ok "a delegation for half a minute" keyctl-bpf -q delegation add brief --loader gen --types xdp --ttl 30s
keyctl-bpf -q key new --form file --alg rsa2048 -o brief.key 2>/dev/null
ok "with a key" keyctl-bpf -q delegation issue brief --key brief.key --out brief.pem
gen /disk/gen brief
is "$(count loaded)" 1 "which counts"
sleep 31
gen /disk/gen brief
is "$(count loaded)" 0 "and then does not"
is "$(delegation brief '.keys, .in_force' | paste -sd' ')" "0 false" "and is said not to"
ok "once more" keyctl-bpf -q delegation enroll brief brief.pem
gen /disk/gen brief
is "$(count loaded)" 1 "it counts again"

diag "Revoked"
refused 3 "the delegation 'gen' is for the loader" keyctl-bpf loader revoke gen
ok "the first" keyctl-bpf -q delegation revoke gen --reason 'a test'
gen /disk/gen gen
is "$(count loaded)" 0 "and its key counts no more"
ok "a delegation of that name" keyctl-bpf -q delegation add gen --loader gen --types xdp --ttl 1h
refused 3 "its key is revoked" keyctl-bpf delegation enroll gen gen.pem
gen /disk/gen second
is "$(count loaded)" 1 "the others do"

diag "Sealed"
keyctl-bpf -q key new --form file -o policy.key 2>/dev/null
keyctl-bpf -q cert new --key policy.key --role policy --name policy -o policy.pem
keyctl-bpf -q keyring enroll --role policy policy.pem >/dev/null
ok "the gate is sealed" keyctl-bpf -q gate seal --threshold 1 --yes
leaf third ca URI:spiffe://x/node
refused 3 "the gate is sealed and has no rule for this key" keyctl-bpf delegation enroll node third.pem
like "$err" "gate image" "with what to do"
is "$(delegation node .keys)" 1 "and nothing was enrolled"
leaf again ca URI:spiffe://x/node second.key
ok "a renewal of its key is taken" keyctl-bpf -q delegation enroll node again.pem
gen /disk/gen second
is "$(count loaded)" 1 "and counts"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gate as an administrator meets it: install, audit, enforce, log, programs, remove.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

refused 4 "no gate is installed" keyctl-bpf gate show
refused 4 "no gate is installed" keyctl-bpf gate log
refused 4 "no gate is installed" keyctl-bpf gate programs
refused 4 "no gate is installed" keyctl-bpf gate mode enforce
ok "removing nothing is no failure" keyctl-bpf gate remove
if [ "$KERNEL" = native ]; then
	refused 3 "the keyring holds no valid build key" keyctl-bpf gate install
else
	refused 4 "no .*keyring" keyctl-bpf gate install
fi

set_up
refused 1 "cannot serve as the self-test" keyctl-bpf gate install --self-test /no/such
refused 3 "cannot serve as the self-test" keyctl-bpf gate install --self-test /bpf/xdpfilt_dny_udp.o
refused 2 "no program type" keyctl-bpf gate install --type nonsense
run keyctl-bpf gate install --dry-run
like "$out" "would be installed" "a dry run says what it would do"
refused 4 "no gate is installed" keyctl-bpf gate show

run keyctl-bpf gate install --json
is "$(jq -r '.changed, .result.outcome' <<<"$out" | paste -sd' ')" "true installed" "installed"
run keyctl-bpf gate install --json
is "$(jq -r '.changed, .result.outcome' <<<"$out" | paste -sd' ')" "false unchanged" "twice is once"
run keyctl-bpf gate show --json
is "$(jq -r '.result.mode' <<<"$out")" audit "in audit mode"
is "$(jq -r '[.result.hooks[] | select(.attached)] | length' <<<"$out")" 18 "every hook is attached"
is "$(jq -r '.result.rules | length' <<<"$out")" 1 "one key, one rule"
is "$(jq -r '.result.rules[0].signs' <<<"$out")" syscall "the key signs loaders"
is "$(jq -r '.result.rules[0].keyring' <<<"$out")" "$ring" "and counts in .bpf"

run "$attack" unsigned
is "$(count unsigned)" 0 "audit mode allows an unsigned program"
is "$(last_decision '.allowed, .enforced, .reason' | paste -sd' ')" "false false unsigned" "and records it"
run "$attack" signed "$ring" tiny.sig
is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "type 1" "the key may not sign this type"
ok "a signed object loads in audit mode" keyctl-bpf load obj.o --pin /sys/fs/bpf/audit
refused 3 "self-test needs a signed object" keyctl-bpf gate mode enforce --yes-deny
refused 3 "1 program that loaded in audit mode would be denied: .*it is not signed" \
	keyctl-bpf gate mode enforce --self-test obj.o
is "$(keyctl-bpf gate mode --json | jq -r .result.mode)" audit "a refused switch changes nothing"
refused 2 "options are for mode enforce" keyctl-bpf gate mode audit --yes-deny
refused 2 "is no mode" keyctl-bpf gate mode fast

run keyctl-bpf gate mode enforce --yes-deny --self-test obj.o --json
is "$(jq -r '.result.before, .result.mode, .changed' <<<"$out" | paste -sd' ')" "audit enforce true" "enforcing"
run keyctl-bpf gate log --json
is "$(jq -r '[.result.decisions[] | select(.signed and .enforced and .keys_touched == 1)] | length' <<<"$out")" \
	1 "the self-test loaded one signed program, by one key"
run "$attack" unsigned
is "$(count unsigned)" EPERM "an unsigned program is refused"
is "$(last_decision '.allowed, .enforced, .reason' | paste -sd' ')" "false true unsigned" "and recorded"
run "$attack" signed "$ring" tiny.sig
is "$(count signed)" EPERM "a direct program of another type is refused"
ok "a signed object loads" keyctl-bpf load obj.o --pin /sys/fs/bpf/enforced
run keyctl-bpf gate programs --json
key=$(jq -r '.result.programs[] | select(.program == "xdpfilt_dny_udp" and .known) | .key' <<<"$out")
want=$(openssl x509 -in build.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
is "$key" "$want" "its program is known by its key"
is "$(jq -r '[.result.programs[] | select(.program == "xdpfilt_dny_udp" and (.known | not))] | length' <<<"$out")" \
	1 "the one from audit mode is of unknown origin"
is "$(jq -r '.result.of_unknown_origin' <<<"$out")" 1 "and counted"
rm -r /sys/fs/bpf/enforced
sleep 1
is "$(keyctl-bpf gate programs --json | jq -r '[.result.programs[] | select(.program == "xdpfilt_dny_udp" and .known)] | length')" \
	0 "a program that is gone is gone from the record"

new_key second
ok "a second key is enrolled" keyctl-bpf keyring enroll second.pem
is "$(keyctl-bpf gate show --json | jq '.result.rules | length')" 2 "the rules follow the keyring"
keyctl-bpf -q sign /bpf/xdpfilt_dny_udp.o --key second.key --cert second.pem -o second.o >/dev/null
ok "what it signed loads" keyctl-bpf load second.o --pin /sys/fs/bpf/second
new_key stray
openssl x509 -in stray.pem -outform DER -out stray.der
keyctl padd asymmetric stray "$ring" <stray.der >/dev/null
sign_bytes stray tiny.bin stray.sig
run "$attack" signed "$ring" tiny.sig 31
is "$(count signed)" 0 "a loader signed by an enrolled key loads"
run "$attack" signed "$ring" stray.sig 31
is "$(count signed)" EPERM "a key that nobody enrolled here does not count, though .bpf holds it"
is "$(last_decision .reason)" unknown-key "and the record says so"
ok "the second key is removed" keyctl-bpf keyring remove second.pem
not_ok "what it signed no longer loads" keyctl-bpf load second.o

ok "audit again" keyctl-bpf gate mode audit
run "$attack" unsigned
is "$(count unsigned)" 0 "which allows everything"
ok "off" keyctl-bpf gate mode off
before=$(keyctl-bpf gate show --json | jq .result.decisions)
run "$attack" unsigned
is "$(keyctl-bpf gate show --json | jq .result.decisions)" "$before" "off records nothing"
run keyctl-bpf gate remove --dry-run
like "$out" "would be removed" "a dry run removes nothing"
ok "which is true" keyctl-bpf gate show
ok "removed" keyctl-bpf gate remove
refused 4 "no gate is installed" keyctl-bpf gate show
run "$attack" fds prog
is "$(count refused)" 0 "nothing of it is left"
ok "it can be installed again" keyctl-bpf gate install --self-test obj.o
ok "an installation is cut short" "$attack" loosen
refused 3 "neither whole nor gone" keyctl-bpf gate mode enforce --accept-existing
is "$(keyctl-bpf gate install --json | jq -r .result.outcome)" installed "the next one starts over"
ok "and enforce with the object that was kept" keyctl-bpf gate mode enforce --accept-existing
run setpriv --reuid 1000 --clear-groups keyctl-bpf gate show
is "$rc" 4 "not for everybody"
done_testing

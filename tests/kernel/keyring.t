#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The keyrings of bpf_keyring.ko from nothing to locked: made, filled with every refusal that an
# enrolment knows, emptied, sealed; and that keyctl and /proc/keys show what we show.
# lab: one kernel will do

guest_files="tests/kernel/certs.sh"
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source-path=SCRIPTDIR source=certs.sh
. tests/kernel/certs.sh

id_file=/run/keyctl-bpf/keyring-id
enrolled=/var/lib/keyctl-bpf/enrolled

# Nothing is there yet, or only what the kernel made.
kind=module
[ "$KERNEL" != native ] || kind=native
if [ $kind = native ]; then
	is "$(ring '"\(.kind) \(.profile) \(.keyring_id) \(.permissions)"')" "native open -9 082f0000" \
		"the kernel made one"
	run keyctl-bpf status --check
	like "$rc $out" "^3 .*loaders are not told a keyring" "status says that nobody is told"
else
	refused 4 "no keyring '\.bpf'.*is not loaded" keyctl-bpf keyring show
	like "$err" 'hint: keyctl-bpf keyring create' "the next command is named"
	refused 4 "no keyring '\.bpf'" keyctl-bpf keyring enroll /tmp/none.pem
	refused 3 'need' keyctl-bpf status --check
	like "$out" "attention: keyring: no keyring '\.bpf'" "status says that there is none"
fi

# Created, once.
accepted keyctl-bpf keyring create --dry-run
not_ok "a dry run loads nothing" test -d /sys/module/bpf_keyring
not_ok "a dry run publishes nothing" test -e $id_file
accepted keyctl-bpf keyring create --json
is "$(jq -c '[.ok, .changed, .result.kind, .result.profile]' <<<"$out")" \
	"[true,true,\"$kind\",\"open\"]" "create: the $kind one, open"
bpf=$(cat $id_file)
is "$(keyctl rdescribe "$bpf")" "keyring;0;0;082f0000;.bpf" "the published number is .bpf"
is "$(stat -c '%a %s' $id_file)" "644 $((${#bpf} + 1))" "loaders can read it: a number, a newline"
is "$(setpriv --reuid 1000 --clear-groups cat $id_file)" "$bpf" "also those that are not root"
accepted keyctl-bpf keyring create --json
is "$(jq .changed <<<"$out")" false "create again changes nothing"
echo 12 >$id_file
accepted keyctl-bpf keyring create
is "$(cat $id_file)" "$bpf" "a wrong number is put right"
is "$(ring '.keyrings | map(.name) | join(" ")' --all)" \
	".bpf .bpf_delegated .bpf_loader .bpf_policy .bpf_anchor" "there are five"
refused 4 'belong to root' setpriv --reuid 1000 --clear-groups keyctl-bpf keyring show

# Everything an enrolment refuses, each in a sentence of its own, with nothing changed.
cert good build
cert loader loader
cert anchor anchor
at 2020-01-01 cert expired build --days 30
at 2037-01-01 cert early build
odd norole "${p256[@]}" "${leaf[@]}"
odd ca "${p256[@]}" "${build[@]}" -addext basicConstraints=critical,CA:TRUE
odd small -newkey rsa:1024 "${build[@]}" "${leaf[@]}"
odd sha1 "${p256[@]}" -sha1 "${build[@]}" "${leaf[@]}"
odd ed25519 -newkey ed25519 "${build[@]}" "${leaf[@]}"
odd k1 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 "${build[@]}" "${leaf[@]}"
odd pss -newkey rsa-pss "${build[@]}" "${leaf[@]}"
cat /tmp/good.pem /tmp/loader.pem >/tmp/two.pem
head -c 100 /tmp/good.pem >/tmp/half.pem

refused 3 "'/tmp/loader.pem': the certificate's role is 'loader'" \
	keyctl-bpf keyring enroll /tmp/loader.pem
refused 3 "role is 'none'" keyctl-bpf keyring enroll /tmp/norole.pem
refused 3 'is a CA' keyctl-bpf keyring enroll /tmp/ca.pem
refused 3 "role is 'anchor'" keyctl-bpf keyring enroll /tmp/anchor.pem
refused 3 'expired on 2020-01-31' keyctl-bpf keyring enroll /tmp/expired.pem
refused 3 'not valid before 203[67]' keyctl-bpf keyring enroll /tmp/early.pem
refused 3 'rsa1024.* too small' keyctl-bpf keyring enroll /tmp/small.pem
refused 3 'sha1' keyctl-bpf keyring enroll /tmp/sha1.pem
refused 3 'ed25519' keyctl-bpf keyring enroll /tmp/ed25519.pem
refused 3 'secp256k1' keyctl-bpf keyring enroll /tmp/k1.pem
refused 3 'rsa-pss' keyctl-bpf keyring enroll /tmp/pss.pem
refused 1 "cannot enrol '/tmp/two.pem'" keyctl-bpf keyring enroll /tmp/two.pem
refused 1 "cannot enrol '/tmp/half.pem'" keyctl-bpf keyring enroll /tmp/half.pem
refused 1 "cannot enrol '/tmp/none.pem'" keyctl-bpf keyring enroll /tmp/none.pem
refused 2 'role' keyctl-bpf keyring enroll --role nonsense /tmp/good.pem
refused 3 'expired' keyctl-bpf keyring enroll /tmp/good.pem /tmp/expired.pem
is "$(keyctl rlist "$bpf")" "" "nothing was enrolled by any of them, nor half of two"
is "$(ls $enrolled 2>/dev/null)" "" "and no certificate was kept"

# Enrolled.
accepted keyctl-bpf keyring enroll --dry-run /tmp/good.pem
like "$out" 'would be added' "a dry run says what it would do"
is "$(keyctl rlist "$bpf")" "" "and does not do it"
accepted keyctl-bpf keyring enroll /tmp/good.pem
key=$(keyctl rlist "$bpf")
print=$(fingerprint good)
is "$(keyctl rdescribe "$key")" "asymmetric;0;0;083f0000;bpfkey:$print" "keyctl sees the key"
fields='.serial, .state, .known, .fingerprint, .subject, .roles'
is "$(ring ".keys | map([$fields]) | flatten | map(tostring) | join(\" \")")" \
	"$key valid true $print CN=good build" "keyring show shows the same"
like "$(cat /proc/keys)" \
	"$(printf '%08x' "$key") I--Q--- +[0-9]+ +(11|12|51|52)[mw] 083f0000 +0 +0 asymmetri bpfkey:$print" \
	"/proc/keys too, with an end"
end=$(openssl x509 -in /tmp/good.pem -noout -enddate -dateopt iso_8601)
end=${end#notAfter=}
is "$(ring '.keys[0].expires')" "${end/ /T}" \
	"the kernel's end is the certificate's"
is "$(stat -c '%a' $enrolled "$enrolled/$print.der" | tr '\n' ' ')" "700 600 " \
	"the certificate is kept"
refused 3 'enrolled already, as key' keyctl-bpf keyring enroll /tmp/good.pem
keyctl-bpf cert new --quiet --key /tmp/good.key --role build --name again -o /tmp/again.pem
refused 3 'its public key is enrolled already' keyctl-bpf keyring enroll /tmp/again.pem
is "$(keyctl rlist "$bpf")" "$key" "there is still one key"

# A key of somebody else under the name that ours would have.
cert other build
keyctl padd asymmetric "bpfkey:$(fingerprint other)" "$bpf" \
	< <(openssl x509 -in /tmp/anchor.pem -outform DER) >/tmp/squatter
refused 3 'would displace another key' keyctl-bpf keyring enroll /tmp/other.pem
is "$(keyctl rlist "$bpf" | wc -w)" 2 "it was not displaced"
is "$(ring '.keys | map(select(.known | not).serial) | join(" ")')" "$(cat /tmp/squatter)" \
	"a key that nobody enrolled here is unknown, whatever its name"
run keyctl-bpf status --check
like "$rc $out" "^3 .*is unknown: it was not enrolled here" "status points at it"
keyctl unlink "$(cat /tmp/squatter)" "$bpf"

# Removed.
accepted keyctl-bpf keyring enroll /tmp/other.pem
accepted keyctl-bpf keyring remove --dry-run /tmp/other.pem
is "$(keyctl rlist "$bpf" | wc -w)" 2 "a dry run removes nothing"
refused 3 'holds no key' keyctl-bpf keyring remove 00112233
refused 3 'does not hold its key' keyctl-bpf keyring remove /tmp/loader.pem
refused 3 'cannot remove' keyctl-bpf keyring remove "${print:0:16}" 00112233
is "$(keyctl rlist "$bpf" | wc -w)" 2 "all or none"
accepted keyctl-bpf keyring remove "${print:0:16}"
is "$(ls $enrolled)" "$(fingerprint other).der" "key and certificate are gone"
accepted keyctl-bpf keyring enroll /tmp/good.pem
keyctl unlink "$(keyctl search "$bpf" asymmetric "bpfkey:$print")" "$bpf"
is "$(ring '.keys | map(select(.state == "absent").fingerprint) | join(" ")')" "$print" \
	"one that somebody took out is shown as absent"
accepted keyctl-bpf keyring enroll /tmp/good.pem
accepted keyctl-bpf keyring remove /tmp/other.pem

# Certificates that cannot be kept are not enrolled either.
mount -t tmpfs -o size=4k,mode=0700 tmpfs $enrolled && head -c 8192 /dev/zero >$enrolled/full 2>/dev/null
refused 1 'No space left' keyctl-bpf keyring enroll /tmp/other.pem
is "$(keyctl rlist "$bpf" | wc -w)" 1 "a full disk: no key was added"
umount $enrolled

# Expired in the keyring.
odd short "${p256[@]}" "${build[@]}" "${leaf[@]}" -days 1
accepted keyctl-bpf keyring enroll /tmp/short.pem
run keyctl-bpf status --check
like "$out" "'CN=short', in '\.bpf' expires soon" "status says so before a key expires"
keyctl timeout "$(keyctl search "$bpf" asymmetric "bpfkey:$(fingerprint short)")" 1
sleep 2
is "$(ring '.keys | map(select(.state == "expired").subject) | join(" ")')" "CN=short" "and after"
accepted keyctl-bpf keyring remove /tmp/short.pem

# Sealed.
refused 2 '--profile' keyctl-bpf keyring seal
refused 2 'is no profile' keyctl-bpf keyring seal --profile shut
refused 2 "'--yes' is needed" keyctl-bpf keyring seal --profile locked
refused 3 "keyring '\.bpf_loader' is empty" \
	keyctl-bpf keyring seal --profile locked --role loader --yes
nested=$(keyctl newring inner "$bpf")
refused 3 'holds another keyring' keyctl-bpf keyring seal --profile locked --yes
keyctl unlink "$nested" "$bpf"
accepted keyctl-bpf keyring seal --profile locked --dry-run
accepted keyctl-bpf keyring seal --profile open --json
is "$(jq -c '[.changed, .result.sealed]' <<<"$out") $(ring .profile)" '[false,false] open' "still open"
refused 3 'need' keyctl-bpf status --check
like "$out" "'\.bpf' is not sealed" "open never counts as provisioned"
accepted keyctl-bpf keyring seal --profile locked --yes
is "$(ring .profile) $(keyctl rdescribe "$bpf")" "locked keyring;0;0;08030000;.bpf" \
	"locked, as keyctl sees it"
accepted keyctl-bpf keyring seal --profile locked --yes --json
is "$(jq .changed <<<"$out")" false "sealing again changes nothing"
refused 3 'cannot.*before the next boot|can be taken back' \
	keyctl-bpf keyring seal --profile open --yes
refused 3 'sealed already' keyctl-bpf keyring seal --profile anchored --yes
refused 3 'is sealed and takes no key' keyctl-bpf keyring enroll /tmp/other.pem
refused 3 'is locked and keeps its keys' keyctl-bpf keyring remove /tmp/good.pem
like "$err" 'hint:.*keyctl revoke' "what stops a key in a locked keyring is named"
run keyctl padd asymmetric '' "$bpf" < <(openssl x509 -in /tmp/other.pem -outform DER)
like "$rc $err" '^1 ' "the kernel refuses to enrol, without us"
refused 1 'Permission denied' keyctl unlink "$(keyctl rlist "$bpf")" "$bpf"
run keyctl-bpf status
unlike "$out" 'is not sealed' "status finds nothing wrong with the seal"
like "$out" 'profile: +locked' "and shows it"
accepted keyctl revoke "$(keyctl rlist "$bpf")"
is "$(ring '.keys[0].state')" revoked "a revoked key is shown as such"

# What was loaded sealed empty, and what this kernel can do.
run keyctl-bpf doctor
case $KERNEL in
6.* | 7.[012]) want='over instructions only' ;;
*) want='over instructions and metadata' ;;
esac
like "$out" "$want" "doctor: which bytes this kernel verifies"
unlike "$out" 'takes no certificates with (rsa|p)' "doctor: it takes our algorithms"
like "$out" 'takes no certificates with ed25519' "doctor: it does not take Ed25519"
unlike "$out" 'BPF security modules are off' "doctor: BPF LSM is on"
done_testing

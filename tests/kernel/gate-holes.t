#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How root gets around a BPF LSM policy: each attack reaches its target without the gate or against
# a naive form of it, and is refused with it. The numbers are those of the design's list of holes.
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack $O/tests/kernel/attacks/naive.bpf.o $O/tests/kernel/attacks/preloader.bpf.o'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

ftrace=/proc/sys/kernel/ftrace_enabled

# target WORD WANT NAME: run attack "unsigned", the target of most attacks
target() {
	run "$attack" unsigned
	is "$(count unsigned)" "$1" "$2"
}

set_up
new_key other
openssl x509 -in other.pem -outform DER -out other.der
sign_bytes other tiny.bin other.sig
mine=$(keyctl newring mine @u)
keyctl padd asymmetric mine "$mine" <other.der >/dev/null

diag "Without the gate"

# 1: trampolines off
ok "1: a naive policy is in force" "$attack" pin "$naive" naive_link /sys/fs/bpf/naive
target EPERM "1: it refuses"
(echo 0 >$ftrace) 2>/dev/null
if [ "$(cat $ftrace)" = 0 ]; then
	target 0 "1: ftrace_enabled switches it off"
	echo 1 >$ftrace
else
	pass "1: this kernel does not let ftrace_enabled switch it off"
fi
target EPERM "1: it refuses again"
rm /sys/fs/bpf/naive

# 2: a pin dies with the mount above it, and nobody is asked
mkdir -p /run/n2 && mount -t tmpfs none /run/n2 && mkdir /run/n2/bpf && mount -t bpf bpf /run/n2/bpf
"$attack" pin "$naive" naive_link /run/n2/bpf/naive >/dev/null
target EPERM "2: a pinned policy refuses"
umount -l /run/n2
sleep 1
target 0 "2: until the mount above its pin goes lazily"

# 3: the same by rmdir of the mount point from another mount namespace
mkdir -p /run/n3 && mount -t tmpfs none /run/n3 && mkdir /run/n3/bpf /run/v3 && mount -t bpf bpf /run/n3/bpf
"$attack" pin "$naive" naive_link /run/n3/bpf/naive >/dev/null
target EPERM "3: a pinned policy refuses"
unshare -m sh -c 'mount --make-rprivate / && mount --bind /run/n3 /run/v3 && umount -l /run/n3 && rmdir /run/v3/bpf'
sleep 1
target 0 "3: until the mount point is removed elsewhere"

# 5: a later program on the same hook overrides the refusal
run "$attack" uncgroup "$naive" naive_cgroup override
is "$(grep -c 'unsigned=EPERM' <<<"$out")" 1 "5: a policy on the root cgroup refuses"
is "$(count unsigned)" 0 "5: a later one overrides it"

# 7: the record of a signed load stays for what comes after
run "$attack" hold "$naive" naive_found naive_judge_stale -- "$attack" after "$ring" tiny.sig
is "$(count stale)" 1 "7: to a naive record an unsigned load looks signed"

# 8: a key that is touched need not be the one that verifies. "stray" stands in .bpf, but nobody
# enrolled it here; it signs with a certificate that has the issuer and the number of the good one.
keyctl padd asymmetric stray "$ring" <other.der >/dev/null
openssl cms -sign -binary -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256 -in tiny.bin \
	-signer build.pem -inkey build.key -signer other.pem -inkey other.key -out both.sig
skid=$(openssl x509 -in other.pem -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' ')
issuer=$(openssl x509 -in build.pem -noout -issuer -nameopt multiline | sed -n 's/.*commonName *= //p')
openssl req -x509 -new -key other.key -subj "/CN=$issuer" -days 9 -out fake-ca.pem -config <(
	printf '[req]\ndistinguished_name=d\nx509_extensions=e\n[d]\n[e]\nsubjectKeyIdentifier=%s\n' "$skid")
openssl req -new -key other.key -subj /CN=leaf -out leaf.csr 2>/dev/null
openssl x509 -req -in leaf.csr -CA fake-ca.pem -CAkey other.key -days 9 -out leaf.pem \
	-set_serial "0x$(openssl x509 -in build.pem -noout -serial | sed 's/.*=//')" \
	-extfile <(printf 'subjectKeyIdentifier=0102030405060708\nauthorityKeyIdentifier=keyid\n') 2>/dev/null
openssl cms -sign -binary -outform DER -noattr -nosmimecap -md sha256 -in tiny.bin -signer leaf.pem \
	-inkey other.key -out leaf.sig
run "$attack" signed "$ring" both.sig 31
is "$(count signed)" 0 "8: the kernel wants one good signer"
run "$attack" signed "$ring" leaf.sig 31
is "$(count signed)" 0 "8: and takes what another key vouches for"

# 19: what could undo the gate loads
run "$attack" signed "$ring" tiny.sig 26 26 bpf_modify_return_test
is "$(count signed)" 0 "19: a program that changes return values loads"

# 22: a loader that is there before the gate
ok "22: a loader of unsigned programs is pinned" "$attack" preload "$attacks/preloader.bpf.o" /sys/fs/bpf/pre
run "$attack" run /sys/fs/bpf/pre
is "$(count inner)" 0 "22: and loads"

# 9, 25: any keyring of one's own, any type
run "$attack" signed "$mine" other.sig 31
if [ "$KERNEL" = native ]; then
	is "$(count signed)" EPERM "25: this kernel takes no key from anybody's keyring"
else
	is "$(count signed)" 0 "25: the kernel takes a key from anybody's keyring"
fi

diag "With the gate"
exec 9>$ftrace
keyctl-bpf -q gate install --self-test obj.o --type tracing >/dev/null 2>&1
run keyctl-bpf gate mode enforce
like "$err" "unknown origin could undo the gate: 'preload'" "22: enforcing names the loader that was there before"
run "$attack" cgroup "$naive" override
is "$(count attach)" EPERM "5: nothing more is attached to the hook, in audit mode already"
run "$attack" link "$naive" override
is "$(count link)" EPERM "5: nor by a link"
ok "enforcing" keyctl-bpf gate mode enforce --yes-deny --accept-existing
target EPERM "the gate refuses"

# 1
not_ok "1: ftrace_enabled is not to be written" sh -c "echo 0 >$ftrace"
not_ok "1: nor through a descriptor that was open before" sh -c 'echo 0 >&9'
is "$(cat $ftrace)" 1 "1: it is still on"
run "$attack" detach sysctl
unlike "$out" "=0" "1, 4: its guard cannot be detached"
target EPERM "1: the gate refuses"

# 4, 5
run "$attack" detach lsm
unlike "$out" "=0" "4: no hook can be detached"
is "$(grep -c detach=EPERM <<<"$out")" 9 "4: all nine refused by the gate"
run "$attack" signed "$ring" tiny.sig 29 43 bpf_lsm_bpf_prog_load
is "$(count signed)" EPERM "5: a program for that hook does not even load"
is "$(last_decision .reason)" masked-type "5: because of its type"

# own programs and maps
run "$attack" fds prog
is "$(count refused)" 18 "no descriptor of the gate's programs, but of the updater and the reader"
run "$attack" fds map
is "$(count refused)" 12 "none of its maps"

# 7
run "$attack" after "$ring" tiny.sig
is "$(count unsigned)" EPERM "7: an unsigned load after a signed one is refused"
is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "unsigned 0" "7: and has no record of a key"
anchored=$(keyctl newring anchored @u)
keyctl restrict_keyring "$anchored" asymmetric "key_or_keyring:$serial"
run "$attack" between "$ring" tiny.sig other.der "$anchored"
is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "unsigned 0" "7: nor when a key was touched in between"

# 8: every key that was touched must be allowed
run "$attack" signed "$ring" both.sig 31
is "$(count signed)" EPERM "8: two signers, one of them no rule names"
is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "unknown-key 2" "8: both were seen"
before=$(last_decision .number)
run "$attack" signed "$ring" leaf.sig 31
is "$(count signed)" EPERM "8: a borrowed issuer and number do not help"
is "$(last_decision '.number, .reason, .keys_touched' | paste -sd' ')" "$((before + 1)) unknown-key 2" \
	"8: the allowed key was touched, the other one verified"

# 9, 25
run "$attack" signed "$mine" other.sig 31
is "$(count signed)" EPERM "9: a keyring of one's own does not count"
run "$attack" signed "$ring" tiny.sig
is "$(last_decision .reason)" type "25: build keys sign loaders, not programs directly"
run "$attack" signed -3 tiny.sig 31
isnt "$(count signed)" 0 "9: nor a keyring by a negative id"

# 19
run "$attack" signed "$ring" tiny.sig 26 26 bpf_modify_return_test
is "$(count signed)" EPERM "19: a program that changes return values does not load, though the rule names its type"
run "$attack" signed "$ring" tiny.sig 28
isnt "$(count signed)" 0 "19: nor one that replaces functions"

# 22
run "$attack" run /sys/fs/bpf/pre
is "$(count inner)" EPERM "22: the loader from before loads nothing"
is "$(last_decision .reason)" unknown-loader "22: because nobody admitted it"

# 2, 3: last, because the pins go
umount -l /sys/fs/bpf
umount -l /sys
sleep 1
target EPERM "2: the gate refuses without /sys, pins and mounts"
run "$attack" signed "$ring" tiny.sig 31
is "$(count signed)" EPERM "2: what only grants went with its pins, so nothing is granted"
exec 9>&-
done_testing

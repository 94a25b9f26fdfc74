#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bpf_keyring.ko loaded with keyring_unsealed=1: the five keyrings as they are before provisioning,
# what root can do with them, what others cannot, and what sealing leaves possible.
# lab: not on the native kernel

# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

[ "$KERNEL" != native ] || skip_all "this kernel makes .bpf itself: see native, module-native"

params=/sys/module/bpf_keyring/parameters
others=(.bpf_loader .bpf_delegated .bpf_policy .bpf_anchor)

serial() { awk -v n="$1" '$1 == n { print $2 }' "$params/serials"; }

# new_cert NAME: a self-signed certificate at /tmp/NAME.der
new_cert() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null \
		-subj "/CN=$1" -outform DER -out "/tmp/$1.der" 2>/dev/null
}

# enrol NAME RING: prints the new key's serial
enrol() { keyctl padd asymmetric '' "$2" <"/tmp/$1.der"; }

as_user() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }

in_proc_keys() {
	printf '%08x .* perm %s +0 +0 keyring +%s: ' "$1" "$2" "${3/./\\.}"
}

new_cert one
new_cert two

ok "the module loads" modprobe bpf_keyring keyring_unsealed=1
is "$(cat $params/keyring_unsealed $params/native | tr '\n' ' ')" "Y N " "it tells how it was loaded"
is "$(wc -l <$params/serials)" 5 "it made five keyrings"
bpf=$(serial .bpf)

for ring in .bpf "${others[@]}"; do
	id=$(serial "$ring")
	like "$(cat /proc/keys)" "$(in_proc_keys "$id" 082f0000 "$ring")empty" \
		"$ring: root's, with the native mask, empty"
	is "$(keyctl rdescribe "$id")" "keyring;0;0;082f0000;$ring" "$ring: keyctl describes it"
	is "$(grep -c " $ring: " /proc/keys)" 1 "$ring: there is one of it"
done

unlike "$(keyctl show)" '\.bpf' "root's session does not possess them"
refused 1 'Operation not permitted' keyctl newring .bpf @s
refused 1 'Permission denied' as_user keyctl rdescribe "$bpf"
refused 1 'Permission denied' as_user keyctl rlist "$bpf"
run as_user keyctl padd asymmetric '' "$bpf" </tmp/one.der
like "$rc $err" '^1 .*Permission denied' "another user cannot enrol"

for ring in "${others[@]}"; do
	run enrol one "$(serial "$ring")"
	is "$rc" 0 "$ring: root can enrol"
done
key=$(enrol one "$bpf")
is "$(keyctl rlist "$bpf")" "$key" ".bpf holds what root enrolled"
accepted keyctl unlink "$key" "$bpf"
is "$(keyctl rlist "$bpf")" "" ".bpf let it go again: keys do not inherit KEEP"

# A key that the enroller possesses while it prepares it: permissions and timeout, then the link.
key=$(enrol one @s)
accepted keyctl setperm "$key" 0x083f0000
accepted keyctl timeout "$key" 3600
accepted keyctl link "$key" "$bpf"
accepted keyctl unlink "$key" @s
like "$(cat /proc/keys)" "$(printf '%08x' "$key") .* (59m|60m|1h|3[0-9]{3}s?) +083f0000" \
	"the enrolled key has its timeout and permissions"

accepted keyctl restrict_keyring "$bpf"
refused 1 'File exists' keyctl restrict_keyring "$bpf"
run enrol two "$bpf"
like "$rc $err" '^1 .*Operation not permitted' "sealed: nothing more can be enrolled"
is "$(keyctl rlist "$bpf")" "$key" "sealed: what was in it stays"
accepted keyctl setperm "$bpf" 0x08030000
refused 1 'Permission denied' keyctl unlink "$key" "$bpf"
refused 1 'Permission denied' keyctl setperm "$bpf" 0x082f0000
refused 1 'Permission denied' keyctl revoke "$bpf"
refused 1 'Permission denied' keyctl invalidate "$bpf"
refused 1 'Permission denied' keyctl clear "$bpf"
is "$(keyctl rdescribe "$bpf")" "keyring;0;0;08030000;.bpf" "locked: nothing of it moved"

refused 1 'File exists' insmod "$(modinfo -n bpf_keyring)"
refused 1 'busy|temporarily unavailable' rmmod bpf_keyring
is "$(serial .bpf)" "$bpf" "the serial is still what loaders were told"

# Debian's kernels have CONFIG_MODULE_FORCE_UNLOAD: root can insist, and gains nothing by it.
run rmmod -f bpf_keyring
is "$(keyctl rdescribe "$bpf") $(keyctl rlist "$bpf")" "keyring;0;0;08030000;.bpf $key" \
	"forced out: the keyring stays what it was"
refused 1 'busy' modprobe bpf_keyring keyring_unsealed=1
is "$(grep -c ' \.bpf: ' /proc/keys)" 1 "forced out: no second .bpf"
done_testing

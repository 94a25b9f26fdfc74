#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signed objects in a real kernel: whatever loads unsigned loads signed; every changed byte is
# refused, by us and by the kernel alone; programs attach and pins stay; refusals have sentences.

# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

cd /tmp || exit 1
bpffs=/sys/fs/bpf

for who in build stranger; do
	keyctl-bpf --quiet key new --form file -o $who.key
	keyctl-bpf --quiet cert new --key $who.key --role build --name "$who" -o $who.pem
done
ok "the keyring is made" keyctl-bpf keyring create
ok "the build key is enrolled" keyctl-bpf keyring enroll build.pem
ring=$(cat /run/keyctl-bpf/keyring-id)
if [ "$KERNEL" = native ]; then
	keyctl-bpf -q sign /bpf/xsk_def_xdp_prog.o --key build.key --cert build.pem -o early.o
	refused 3 "kernel refused it \(ENOKEY\).*until it holds a key and is sealed" keyctl-bpf load early.o
	ok "the keyring is sealed" keyctl-bpf keyring seal --profile locked --yes
	ok "and counts from now on" keyctl-bpf load early.o
fi

# With the gate absent, what loads must not depend on being signed.
mkdir signed
ok "all objects of libxdp1 sign" keyctl-bpf sign /bpf/*.o --key build.key --cert build.pem -o signed
is "$(find signed -type f | wc -l)" 15 "that are 15"
for o in /bpf/*.o; do
	name=$(basename "$o" .o)
	plain=$(rawload plain "$o")
	run keyctl-bpf load "signed/$name.o" --pin "$bpffs/${name//[.-]/_}"
	if [ "$plain" = plain=0 ]; then
		is "$rc" 0 "$name loads unsigned, and signed"
		[ "$rc" = 0 ] || diag "$err"
	else
		like "$rc $err" "^3 .*'signed/$name.o'" "$name loads neither unsigned ($plain) nor signed"
	fi
	rm -rf "${bpffs:?}/${name//[.-]/_}"
done

# Changed bytes: ours says no; the kernel alone says no as well.
one=signed/xsk_def_xdp_prog.o
for section in loader metadata manifest sig_insns sig_metadata digests sig_file; do
	flip $one bad.o .keyctl_bpf.$section
	refused 3 "bad.o" keyctl-bpf load bad.o
done
flip $one bad.o xdp
refused 3 "section 'xdp' is not what was signed" keyctl-bpf load bad.o

keyctl-bpf --quiet inspect $one --extract parts
flip_byte() { # FILE OFFSET
	local b

	b=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\x$(printf %02x $((b ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# raw FORM [FILE OFFSET]: the form's own signature, one byte of FILE flipped
raw() {
	local der=insns

	rm -rf p && cp -r parts p
	[ "$1" = insns ] || der=insns-metadata
	[ $# = 1 ] || flip_byte "p/$2" "$3"
	rawload "$ring" "$1" p/loader.bin p/metadata.bin p/$der.der | tr '\n' ' '
}
form=metadata
case $KERNEL in 6.* | 7.0 | 7.1 | 7.2) form=insns ;; esac
is "$(raw $form)" "load=0 run=0 " "the untouched parts load and run without our checks"
for at in 0 8 300 1000; do
	is "$(raw $form loader.bin $at)" "load=EKEYREJECTED " "byte $at of the loader flipped"
done
if [ $form = metadata ]; then
	is "$(raw $form metadata.bin 2000)" "load=EKEYREJECTED " "metadata flipped: not loaded"
	like "$(raw insns)" "load=E(KEYREJECTED|ACCES) " "the older form does not load here"
	like "$(raw insns metadata.bin 2000)" "load=E(KEYREJECTED|ACCES) " "nor with other metadata"
else
	is "$(raw $form metadata.bin 2000)" "load=0 run=-22 " "metadata flipped: the loader stops itself"
	is "$(raw metadata)" "load=EKEYREJECTED " "the newer form does not load here"
fi
for at in 2 40 150; do
	sig=insns-metadata.der
	[ $form = metadata ] || sig=insns.der
	like "$(raw $form $sig $at)" "load=E(KEYREJECTED|BADMSG|NOKEY|NOPKG) " \
		"byte $at of the signature flipped"
done

# Who may, and against what.
keyctl-bpf --quiet sign /bpf/xsk_def_xdp_prog.o --key stranger.key --cert stranger.pem -o stranger.o
refused 3 "signed by a key that none of the certificates holds" keyctl-bpf load stranger.o
refused 3 "kernel refused it \(ENOKEY\)" keyctl-bpf load stranger.o --cert stranger.pem
refused 3 "without signatures of keyctl-bpf" keyctl-bpf load /bpf/xsk_def_xdp_prog.o
refused 4 "no keyring has the id 999999999" keyctl-bpf load $one --keyring 999999999
refused 4 "may not load BPF programs" \
	setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set -all --inh-caps -all \
	keyctl-bpf load $one --cert build.pem --keyring "$ring"
refused 2 "no XDP mode 'fast'" keyctl-bpf load $one --dev lo --xdp-mode fast
refused 1 "no network interface 'nope0'" keyctl-bpf load $one --dev nope0
refused 2 "not on a bpffs" keyctl-bpf load $one --pin /tmp/pins

# What happens to keys afterwards, each with the kernel's answer in words.
openssl x509 -in build.pem -outform DER -out build.der
# ring_with_key: an ordinary keyring $own that holds the build key $key
ring_with_key() {
	own=$(keyctl newring "own$RANDOM" @s)
	key=$(keyctl padd asymmetric '' "$own" <build.der)
}
by_own() { keyctl-bpf load $one --cert build.pem --keyring "$own"; }
ring_with_key
refused 4 "is a key of type 'asymmetric', not a keyring" \
	keyctl-bpf load $one --cert build.pem --keyring "$key"
if [ "$KERNEL" = native ]; then
	refused 3 "EPERM.*bpf.keyring_unsealed=1 .* its own .bpf keyring, not against keyring $own" by_own
else
	accepted by_own
	keyctl revoke "$key"
	refused 3 "kernel refused it \(EKEYREVOKED\)" by_own
	ring_with_key
	keyctl timeout "$key" 1
	sleep 2
	refused 3 "kernel refused it \((EKEYEXPIRED|ENOKEY)\)" by_own
	ring_with_key
	keyctl unlink "$key" "$own"
	refused 3 "kernel refused it \(ENOKEY\)" by_own
	keyctl revoke "$own"
	refused 3 "kernel refused it \(EKEYREVOKED\)" by_own
fi

# Attaching.
ip link add veth0 type veth peer name veth1
ip link set veth0 up
accepted keyctl-bpf load $one --dev veth0 --xdp-mode skb
like "$(ip link show dev veth0)" "xdpgeneric" "the XDP program is on the interface"
refused 1 "has an XDP program already" keyctl-bpf load $one --dev veth0 --xdp-mode skb
ip link set dev veth0 xdpgeneric off

refused 3 "LINUX_KERNEL_VERSION" keyctl-bpf sign "$O/tests/kernel/load_obj.bpf.o" \
	--key build.key --cert build.pem -o own.o
ok "an object with all sorts signs" keyctl-bpf sign "$O/tests/kernel/load_obj.bpf.o" \
	--kernel-version "$(uname -r | cut -d. -f1,2).1" --set answer=42 --key build.key --cert build.pem -o own.o
refused 2 "without a pin" keyctl-bpf load own.o --attach
ok "tracing and raw tracepoint programs attach" keyctl-bpf load own.o --attach --pin $bpffs/own
for pin in pass on_entry on_entry_link on_syscall on_syscall_link by_name; do
	ok "$pin is pinned" test -e $bpffs/own/$pin
done
refused 1 "something is pinned at" keyctl-bpf load own.o --pin $bpffs/own
rm -r $bpffs/own
refused 3 "was signed for 'bpf_fentry_test1'" \
	keyctl-bpf load own.o --target on_entry:vfs_read --pin $bpffs/own
ok "a kprobe goes where it is told" \
	keyctl-bpf load own.o --target on_probe:vfs_read --pin $bpffs/own
ok "and its link is pinned" test -e $bpffs/own/on_probe_link
rm -r $bpffs/own
refused 1 "cannot put a probe at 'no_such_function'" \
	keyctl-bpf load own.o --target on_probe:no_such_function --pin $bpffs/own
is "$(ls $bpffs/own)" "" "a failed load leaves no pin"

mkdir /sys/fs/cgroup/mute
ok "a cgroup program attaches" keyctl-bpf load own.o --cgroup /sys/fs/cgroup/mute
ip link set lo up
in_mute() { (echo $BASHPID >/sys/fs/cgroup/mute/cgroup.procs && "$@"); }
not_ok "and its cgroup can send nothing" in_mute busybox ping -c 1 -W 2 127.0.0.1
rm -f $bpffs/by_name

run keyctl-bpf load $one --json
is "$(jq -r '.result.programs[0].name + " " + .result.programs[0].pin' <<<"$out" 2>&1)" \
	"xsk_def_prog " "the answer as JSON"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job, end to end, as a story that a newcomer can follow: `make demo`
# shows it, `make check-kernel` counts its claims. A claim that does not come
# true is a failed point, and the demo's exit code.
. "$(dirname -- "$0")/lib/guest.sh"

n=0
step() {
	n=$((n + 1))
	diag ""
	diag "$n. $*"
}

# tell: what a command said, indented below it
tell() {
	[ -z "$1" ] || sed 's/^/#      /' <<<"$1"
}

# yes WHAT CMD...: it must succeed
yes() {
	local what=$1

	shift
	diag "   \$ $*"
	run "$@"
	tell "$out"
	tell "$err"
	if [ "$rc" = 0 ]; then pass "$what"; else fail "$what (exit $rc)"; fi
}

# no WHAT RC SENTENCE CMD...: it must be refused, with this exit code and sentence
no() {
	local what=$1 want=$2 sentence=$3

	shift 3
	diag "   \$ $*"
	run "$@"
	tell "$out"
	tell "$err"
	diag "   (exit $rc)"
	if [ "$rc" = "$want" ] && [[ $err =~ $sentence ]]; then
		pass "$what"
	else
		fail "$what (exit $rc, wanted $want and '$sentence')"
	fi
}

prepare_link() {
	ip link add veth0 type veth peer name veth1
	ip netns add peer
	ip link set veth1 netns peer
	ip addr add 10.9.9.1/24 dev veth0
	ip link set veth0 up
	ip -n peer addr add 10.9.9.2/24 dev veth1
	ip -n peer link set veth1 up
}

cd /root || exit 1
diag "Linux $(uname -r) from Debian, unchanged, with a TPM at /dev/tpmrm0"

step "A build key is born in the TPM; its private half never leaves it."
yes "a key in the TPM" keyctl-bpf key new --alg p256 --form tpm -o build.key
yes "a certificate for it" keyctl-bpf cert new --key build.key --role build --name "demo build key" -o build.pem
yes "an older build key" keyctl-bpf key new --alg p256 --form tpm -o old.key
yes "its certificate" keyctl-bpf cert new --key old.key --role build --name "old build key" -o old.pem
yes "a stranger has a key, too" keyctl-bpf key new --alg p256 --form tpm -o stranger.key
yes "and a certificate" keyctl-bpf cert new --key stranger.key --role build --name "stranger" -o stranger.pem

step "The kernel gets a .bpf keyring, and our two build keys in it."
yes "the keyring is made" keyctl-bpf keyring create
yes "the keys are enrolled" keyctl-bpf keyring enroll build.pem old.pem

step "BPF objects of Debian's libxdp1 package are signed."
yes "two objects, one TPM session" keyctl-bpf sign /bpf/xsk_def_xdp_prog.o /bpf/xdpfilt_dny_udp.o --key build.key --cert build.pem
yes "one by the old key" keyctl-bpf sign /bpf/xsk_def_xdp_prog.o --key old.key --cert old.pem -o old.o
yes "one by the stranger" keyctl-bpf sign /bpf/xsk_def_xdp_prog.o --key stranger.key --cert stranger.pem -o stranger.o
yes "anyone can check who signed" keyctl-bpf verify /bpf/xsk_def_xdp_prog.signed.o --cert build.pem

step "The old key is retired, then the keyring is sealed: no change until reboot."
yes "the old key is removed" keyctl-bpf keyring remove old.pem
yes "the keyring is sealed" keyctl-bpf keyring seal --profile locked --yes
no "nothing can be added any more" 3 "sealed" keyctl-bpf keyring enroll stranger.pem

step "The gate goes in: first it only records, then it enforces."
yes "installed in audit mode" keyctl-bpf gate install --self-test /bpf/xsk_def_xdp_prog.signed.o
yes "enforcing" keyctl-bpf gate mode enforce

step "What the build key signed loads, attaches to a network card and passes a packet."
prepare_link
yes "xsk_def_xdp_prog on veth0" keyctl-bpf load /bpf/xsk_def_xdp_prog.signed.o --dev veth0 --xdp-mode skb --pin /sys/fs/bpf/xsk
yes "a packet passes" ip netns exec peer busybox ping -c 1 -W 5 10.9.9.1
yes "xdpfilt_dny_udp loads as well" keyctl-bpf load /bpf/xdpfilt_dny_udp.signed.o

step "Everything else is refused."
no "unsigned, by our own tool" 3 "not a good signed object" keyctl-bpf load /bpf/xdpfilt_dny_udp.o
no "unsigned, by somebody else's tool" 255 "Operation not permitted" \
	ip -n peer link set veth1 xdpgeneric obj /bpf/xdpfilt_dny_udp.o sec xdp
no "signed by a stranger" 3 "none of the certificates" keyctl-bpf load stranger.o
no "signed by a key that was removed" 3 "none of the certificates" keyctl-bpf load old.o
tampered() {
	local what=$1 section=$2

	flip "$signed" tampered.o "$section"
	no "$what tampered with" 3 "$3" keyctl-bpf load tampered.o
}
signed=/bpf/xdpfilt_dny_udp.signed.o
tampered "instructions" .keyctl_bpf.loader "loader"
tampered "metadata" .keyctl_bpf.metadata "metadata"
tampered "a signature" .keyctl_bpf.sig_insns "sig_insns"
tampered "another section" xdp "section 'xdp'"

step "The same attacks with our own checks left out: the kernel and the gate refuse them."
diag "   (--cert makes our tool trust the signer; what enrolled keys say is not its decision)"
no "the stranger" 3 "." keyctl-bpf load stranger.o --cert stranger.pem
no "the removed key" 3 "." keyctl-bpf load old.o --cert old.pem

step "What happened, and how the machine stands."
yes "the gate's log" keyctl-bpf gate log
like "$out" "xdp" "names the programs"
like "$out" "ip" "and who tried"
yes "the programs by who signed them" keyctl-bpf gate programs
yes "the state of the machine" keyctl-bpf status
like "$out" "enforce" "says that the gate enforces"
like "$out" "locked" "and that the keyring is sealed"
done_testing

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of the gate, in the guest: keys, certificates and signed things.
# shellcheck disable=SC2034,SC2154 # set for and by those tests

attacks=$O/tests/kernel/attacks
attack=$attacks/attack
naive=$attacks/naive.bpf.o

# A kernel's own .bpf counts only when it is sealed. So that tests can still enrol keys, it is
# sealed as anchored there, and an anchor issues what is self-signed elsewhere.
new_anchor() {
	keyctl-bpf -q key new --form file -o anchor.key 2>/dev/null &&
		keyctl-bpf -q cert new --key anchor.key --role anchor --name anchor -o anchor.pem
}

# new_cert NAME: NAME.pem for the build key NAME.key
new_cert() {
	if [ -e anchor.pem ]; then
		keyctl-bpf -q cert request --key "$1.key" --name "$1" -o "$1.csr" &&
			keyctl-bpf -q cert issue "$1.csr" --ca anchor.pem --ca-key anchor.key \
				--role build -o "$1.pem"
	else
		keyctl-bpf -q cert new --key "$1.key" --role build --name "$1" -o "$1.pem"
	fi
}

# new_key NAME [ALG]: NAME.key and NAME.pem, a build key in a file
new_key() {
	keyctl-bpf -q key new --form file --alg "${2:-p256}" -o "$1.key" 2>/dev/null && new_cert "$1"
}

# sign_bytes NAME FILE OUT: what an attacker signs with openssl, and what nobody's tool made
sign_bytes() {
	openssl cms -sign -binary -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256 \
		-in "$2" -signer "$1.pem" -inkey "$1.key" -out "$3"
}

# The bytes of the program that tests/kernel/attacks/attack.h loads: r0 = 0; exit
tiny_bytes() {
	printf '\xb7\0\0\0\0\0\0\0\x95\0\0\0\0\0\0\0' >tiny.bin
}

# set_up [ALG], in a folder of its own: the key "build" enrolled, obj.o signed, tiny.sig over
# tiny.bin; $ring is what loaders pass, $serial the keyring's own number. With $staging all that
# happens in the staging keyring of that name.
set_up() {
	local where=${staging:+--staging=$staging}

	mkdir -p /run/t && cd /run/t || exit 1
	[ -n "$where" ] || modprobe bpf_keyring keyring_unsealed=1
	keyctl-bpf -q keyring create $where >/dev/null
	[ "$KERNEL" != native ] || new_anchor
	new_key build "${1:-p256}"
	keyctl-bpf -q keyring enroll $where build.pem >/dev/null
	ring=$(cat /run/keyctl-bpf/keyring-id)
	serial=$(keyctl-bpf keyring show $where --json | jq .result.serial)
	if [ "$KERNEL" = native ]; then
		keyctl-bpf -q keyring enroll --role anchor anchor.pem >/dev/null
		keyctl-bpf -q keyring seal --profile anchored --yes >/dev/null
	fi
	keyctl-bpf -q sign /bpf/xdpfilt_dny_udp.o --key build.key --cert build.pem -o obj.o >/dev/null
	tiny_bytes
	sign_bytes build tiny.bin tiny.sig
}

# count WORD: what the last run of an attack printed for it
count() {
	sed -n "s/^$1=//p" <<<"$out" | tail -n 1
}

# vouch_libraries BIN: its libraries go to a disk that has fs-verity, and from there over their
# own names, so that 'loader allow --with-libraries' can vouch for them; $libs is what they are
vouch_libraries() {
	local l

	mkdir -p /disk/lib
	libs=$(/lib64/ld-linux-x86-64.so.2 --list "$1" | grep -o '/[^ ]*')
	for l in $libs; do
		l=$(readlink -f "$l")
		[ -e "/disk/lib/${l##*/}" ] || { cp "$l" /disk/lib/ && mount --bind "/disk/lib/${l##*/}" "$l"; }
	done
}

# last_decision WHAT: of the newest decision
last_decision() {
	keyctl-bpf gate log --json | jq -r ".result.decisions[-1] | $1"
}

# locked_down LEVEL: the kernel is, and unsigned modules do not load: the keys stand in a staging
# keyring, or in the one that the kernel made. The gate is not there yet.
locked_down() {
	like "$(cat /sys/kernel/security/lockdown)" "\[$1\]" "the kernel is locked down"
	staging=lab
	[ "$KERNEL" != native ] || staging=
	set_up p256
	run "$attack" unsigned
	is "$(count unsigned)" 0 "an unsigned program loads"
}

# decides: the gate enforces, and the newest decision names the build key
decides() {
	run "$attack" unsigned
	is "$(count unsigned)" EPERM "an unsigned program is refused"
	run "$attack" signed "$ring" tiny.sig 31
	is "$(count signed)" 0 "a signed loader is admitted"
	is "$(last_decision '.reason, .keys_touched' | paste -sd' ')" "build-key 1" "by its key"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# inspect: what an object holds, and its parts for other judges, each accepted, and rejected after
# one flipped bit.

# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
need openssl jq

bpf=$(dirname "$(dpkg -L libxdp1 | grep -m1 '\.o$')")

# flip FILE: one bit near its end, which in a CMS is the signature's value
flip() {
	local at b

	at=$(($(stat -c %s "$1") - 10))
	b=$(od -An -tu1 -j $at -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\x$(printf %02x $((b ^ 1)))" | dd of="$1" bs=1 seek=$at conv=notrunc status=none
}

# judge DIR CERT CONTENT DER
judge() {
	openssl cms -verify -binary -inform DER -in "$1/$4.der" -content "$1/$3.bin" -noverify \
		-certfile "$2" -out /dev/null
}

for alg in p256 rsa2048; do
	kb --quiet key new --form file --alg $alg -o $alg.key 2>/dev/null
	kb --quiet cert new --key $alg.key --role build --name "$alg" -o $alg.pem
	kb --quiet sign "$bpf/xdpfilt_alw_all.o" --key $alg.key --cert $alg.pem -o $alg.o
	ok "$alg: parts come out" kb inspect $alg.o --extract $alg.d
	is "$(find $alg.d -type f -printf '%f\n' | LC_ALL=C sort | tr '\n' ' ')" "insns-metadata.der insns.der loader-metadata.bin loader.bin metadata.bin sections.bin sections.der " \
		"all of them"
	ok "loader-metadata.bin is both" cmp <(cat $alg.d/loader.bin $alg.d/metadata.bin) $alg.d/loader-metadata.bin
	for pair in "loader insns" "loader-metadata insns-metadata" "sections sections"; do
		read -r content der <<<"$pair"
		ok "$alg: openssl accepts $der.der over $content.bin" judge $alg.d $alg.pem "$content" "$der"
		rm -rf bad && cp -r $alg.d bad && flip "bad/$content.bin"
		not_ok "but not with a bit of the content flipped" judge bad $alg.pem "$content" "$der"
		rm -rf bad && cp -r $alg.d bad && flip "bad/$der.der"
		not_ok "nor with a bit of the signature flipped" judge bad $alg.pem "$content" "$der"
	done
done

run kb inspect p256.o
is "$rc" 0 "text"
like "$out" "xdp_stats_map +percpu_array +4 +16 +5 +xdp_stats_map" "a map, with the name it is pinned by"
like "$out" "instructions and metadata +7.3 and later" "a signature, with its kernels"
run kb inspect p256.o --json
is_envelope "inspect --json"
json '.result.programs[0] | .name + " " + .type' "xdpfilt_alw_all xdp" "the program"
json '.result.signatures | length' 3 "three signatures"
json '.result.signatures[0].key_id == .result.signatures[2].key_id' true "by one key"
json '.result.loader_digest' "$(sha256sum p256.d/loader.bin | cut -d' ' -f1)" "the loader's digest"

run kb inspect p256.o --extract p256.d
is "$rc" 1 "files that exist stay"
like "$err" "'p256.d/.*' exists already" "and are named"
ok "--force replaces them" kb inspect p256.o --extract p256.d --force
refused 2 "goes with --extract" kb inspect p256.o --force
refused 3 "without signatures of keyctl-bpf" kb inspect "$bpf/xdpfilt_alw_all.o"
refused 1 "not an ELF file" kb inspect p256.pem
{ head -c 600 p256.o && printf x && tail -c +602 p256.o; } >bad.o
refused 3 "'bad.o' .*not what was signed" kb inspect bad.o --extract none
absent none
refused 1 "cannot make the directory|No such file|Not a directory" kb inspect p256.o --extract p256.pem/x
done_testing

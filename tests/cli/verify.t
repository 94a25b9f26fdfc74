#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# verify: yes for what a kernel will take, no with the reason for everything else, of one object
# and of many.

# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq readelf

bpf=$(dirname "$(dpkg -L libxdp1 | grep -m1 '\.o$')")
k=(--key build.key --cert build.pem)

for who in build stranger; do
	kb --quiet key new --form file -o $who.key 2>/dev/null
	kb --quiet cert new --key $who.key --role build --name "$who" -o $who.pem
done
kb --quiet cert new --key build.key --role loader --name "wrong role" -o role.pem
cp "$bpf"/xsk_def_xdp_prog.o plain.o
kb --quiet sign plain.o "${k[@]}" -o good.o
kb --quiet sign "$bpf"/xdpdump_xdp.o "${k[@]}" -o other.o

ok "a good object" kb verify good.o --cert build.pem
run kb verify good.o --cert stranger.pem --cert build.pem --json
is_envelope "verify --json"
json '.result.objects[0] | .result + " " + .signer' "OK CN=build" "the signer is named"
json '.changed' false "nothing changed"
for v in all 6.18 6.18.15-amd64 7.2 7.3 8.0; do
	ok "for kernel $v" kb verify good.o --cert build.pem --kernel $v
done
refused 4 "6.12 checks no signatures of BPF programs" kb verify good.o --cert build.pem --kernel 6.12
refused 2 "is no kernel version" kb verify good.o --cert build.pem --kernel new
refused 2 "say whom to trust" kb verify good.o
refused 2 "say whom to trust" kb verify good.o --cert build.pem --machine
refused 1 "No such file" kb verify nothing.o --cert build.pem

# The reasons.
refused 3 "signature over the digests of the whole file: unknown key \(key id [0-9a-f]{40}\): signed by a key that none" \
	kb verify good.o --cert stranger.pem
refused 3 "neither of the roles build and delegated|neither of the roles" kb verify good.o --cert role.pem
refused 3 "BPF object without signatures" kb verify plain.o --cert build.pem
refused 1 "not an ELF file" kb verify build.pem --cert build.pem
refused 1 "not for BPF|not of 64 bits|not an object" kb verify /bin/true --cert build.pem

# flip OFFSET: bad.o is good.o with one bit of this byte turned over
flip() {
	local b

	cp good.o bad.o
	b=$(od -An -tu1 -j "$1" -N 1 good.o)
	# shellcheck disable=SC2059
	printf "\\x$(printf %02x $((b ^ 4)))" | dd of=bad.o bs=1 seek="$1" conv=notrunc status=none
}
section_at() {
	readelf -SW good.o | sed 's/^ *\[ *[0-9]*\] *//' | while read -r name _ _ off _; do
		[ "$name" != "$1" ] || echo $((16#$off))
	done
}
for s in loader metadata manifest sig_insns sig_metadata; do
	flip $(($(section_at .keyctl_bpf.$s) + 20))
	refused 3 "section '.keyctl_bpf.$s' is not what was signed" kb verify bad.o --cert build.pem
done
flip $(($(section_at xdp) + 20))
refused 3 "section 'xdp' is not what was signed" kb verify bad.o --cert build.pem
flip $(($(section_at .keyctl_bpf.sig_file) + 170))
refused 3 "signature over the digests" kb verify bad.o --cert build.pem
flip 20
refused 3 "headers, or bytes between" kb verify bad.o --cert build.pem
head -c -300 good.o >bad.o
refused 3 "outside of the file" kb verify bad.o --cert build.pem
head -c 5000 good.o >bad.o
refused 1 "outside of the file" kb verify bad.o --cert build.pem
{ cat good.o && printf x; } >bad.o
refused 3 "does not end with section" kb verify bad.o --cert build.pem

# Parts of two good objects do not make one.
kb --quiet sign plain.o --key stranger.key --cert stranger.pem -o strange.o
head -c "$(section_at .keyctl_bpf.sig_file)" good.o >bad.o
tail -c +"$(($(section_at .keyctl_bpf.sig_file) + 1))" strange.o >>bad.o
run kb verify bad.o --cert build.pem --cert stranger.pem
is "$rc" 3 "a signature of another object"

# Several at once: the answer that matters most.
run kb verify good.o plain.o other.o --cert build.pem
is "$rc" 3 "one of three is unsigned"
like "$err" "1 of 3 objects are refused" "and counted"
like "$(tr -s ' \n' '  ' <<<"$out")" "object: good.o result: OK signer: CN=build" "the good one is listed"
like "$(tr -s ' \n' '  ' <<<"$out")" "object: plain.o result: E_UNSIGNED .*reason: 'plain.o' is not" \
	"the bad one as well, with the reason"
run kb verify good.o nothing.o plain.o --cert build.pem
is "$rc" 3 "unsigned matters more than unreadable"
run kb verify good.o nothing.o --cert build.pem
is "$rc" 1 "unreadable alone is 1"
run kb verify plain.o --cert build.pem --json
is_envelope "a failure as JSON"
json '.error.code' E_UNSIGNED "with its code"
json '.error.hint' "sign it with keyctl-bpf sign" "and its hint"

run kb verify good.o --machine
isnt "$rc" 0 "--machine without anything enrolled is not a yes"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# resign, and verify and inspect of light skeletons that others made: what they say of each sort,
# what a new signature changes, and what is refused.

# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
need openssl jq

obj=$O/tests/kernel/skeleton_obj.bpf.o
for who in a b; do
	kb --quiet key new --form file --alg rsa2048 -o $who.key 2>/dev/null
	kb --quiet cert new --key $who.key --role build --name $who -o $who.pem
done
a=(--key a.key --cert a.pem)
b=(--key b.key --cert b.pem)

# A skeleton as libbpf's generator and bpftool's form make it, unsigned.
ok "a light skeleton is made" "$O/tests/cli/lskel" "$obj" tiny
printf '%s\n' "$out" >plain.lskel.h
run kb inspect plain.lskel.h --json
is_envelope "inspect of a light skeleton"
json '.result | [.name, (.programs | map(.name + ":" + .type + ":" + .target) | join(" "))] | join(" ")' \
	"tiny pass:xdp: on_entry:tracing:bpf_fentry_test1 on_syscall:raw_tracepoint:sys_enter" \
	"its programs and what they attach to"
json '.result.maps | map(.name + ":" + .type + ":" + (.frozen | tostring)) | join(" ")' \
	"seen:hash:false rodata:array:true data:array:false" "its maps"
json '.result.skeleton | [.signed, .loads_on, .metadata_check, .settable_sizes, .settable_contents] | tostring' \
	'[false,null,"none",3,2]' "what protects it"
json '.result.unprotected | length' 2 "and what does not"
json '.result.signatures | length' 0 "it is not signed"
refused 3 "a light skeleton without a signature" kb verify plain.lskel.h --cert a.pem
like "$err" "hint: sign it with keyctl-bpf resign" "and what to do about it"
refused 1 "not an ELF file" kb sign plain.lskel.h "${a[@]}" -o no.o
like "$err" "sign a light skeleton with keyctl-bpf resign" "sign sends there, too"

# It gets a signature.
refused 2 "say where to" kb resign plain.lskel.h "${a[@]}"
refused 2 "neither insns nor metadata" kb resign plain.lskel.h "${a[@]}" -o no.h --for all
refused 3 "its instructions do not check its metadata" \
	kb resign plain.lskel.h "${a[@]}" -o no.h --for insns
refused 3 "without a signature" kb resign plain.lskel.h "${a[@]}" -o no.h --signed-by a.pem
absent no.h
ok "a dry run" kb resign plain.lskel.h "${a[@]}" -o no.h --dry-run
absent no.h
run kb resign plain.lskel.h "${a[@]}" -o signed.lskel.h --json
is_envelope "resign --json"
json '.result.objects[0] | [.output, .result, .kernels] | join(" ")' \
	"signed.lskel.h OK 7.3 and later" "what became of it"
json .changed true "something changed"
is "$(diff plain.lskel.h signed.lskel.h | grep -c '^<')" 0 "nothing of it is taken away"
run kb verify signed.lskel.h --cert a.pem --json
json '.result.objects[0] | [.result, .kernels, .signer] | join(" ")' "OK 7.3 and later CN=a" \
	"the signature is good"
accepted kb verify signed.lskel.h --cert a.pem --kernel 7.3
refused 3 "kernels that load it: 7.3 and later" kb verify signed.lskel.h --cert a.pem --kernel 7.2
refused 3 "unknown key" kb verify signed.lskel.h --cert b.pem
run kb inspect signed.lskel.h --extract parts
ok "openssl agrees" openssl cms -verify -binary -inform DER -in parts/insns-metadata.der \
	-content parts/loader-metadata.bin -noverify -certfile a.pem -out /dev/null
absent parts/insns.der

# And another one: RSA signatures are the same bytes each time, so the rest must be, too.
refused 1 "exists already" kb resign plain.lskel.h "${a[@]}" -o signed.lskel.h
cp signed.lskel.h other.lskel.h
chmod 640 other.lskel.h
ok "by another key, in place" kb resign other.lskel.h "${b[@]}" -i --signed-by a.pem
is "$(stat -c %a other.lskel.h)" 640 "the file's mode stays"
accepted kb verify other.lskel.h --cert b.pem
refused 3 "its present signature" kb resign other.lskel.h "${a[@]}" -i --signed-by a.pem
ok "back again" kb resign other.lskel.h "${a[@]}" -i
ok "to the same bytes" cmp signed.lskel.h other.lskel.h

# Somebody changed it. In the text a byte of the data, of the instructions, of the digest.
damage() { # ARRAY: the first \x.. byte in it becomes another one
	awk -v a="$1" '$0 ~ a "\\[\\]" { on = 1 }
		on && match($0, /\\x[0-9a-f][0-9a-f]/) {
			v = substr($0, RSTART + 2, 2) == "11" ? "12" : "11"
			$0 = substr($0, 1, RSTART + 1) v substr($0, RSTART + 4)
			on = 0
		}
		{ print }' signed.lskel.h >bad.lskel.h
}
damage opts_data
refused 3 "signature over the instructions.*: .*" kb verify bad.lskel.h --cert a.pem
damage opts_excl_hash
refused 3 "opts_excl_hash is not the digest" kb verify bad.lskel.h --cert a.pem
run kb inspect bad.lskel.h --json
like "$out" "opts_excl_hash is not the digest of the instructions" "inspect says so"
damage opts_sig
refused 3 "bad.lskel.h" kb verify bad.lskel.h --cert a.pem
sed 's/opts.insns = (void \*)opts_insn/opts.insns = (void *)more/' signed.lskel.h >bad.lskel.h
refused 1 "line [0-9]+: not what bpftool writes there" kb inspect bad.lskel.h
head -c 3000 signed.lskel.h >bad.lskel.h
refused 1 "a literal that does not end" kb resign bad.lskel.h "${a[@]}" -o no.h
absent no.h

# A signature over the instructions alone, where they check nothing.
is "$(sha256sum <parts/loader.bin | cut -d' ' -f1)" "$(kb inspect signed.lskel.h --json | jq -r .result.loader_digest)" \
	"the instructions by themselves"
openssl dgst -sha256 -binary -out excl parts/loader.bin
openssl cms -sign -binary -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256 \
	-in parts/loader.bin -signer a.pem -inkey a.key -out insns.der
"$O/tests/cli/lskel" "$obj" tiny insns.der excl >weak.lskel.h
refused 3 "covers the instructions alone, and they do not check the metadata" \
	kb verify weak.lskel.h --cert a.pem

# Signed objects: the loader stays, and what was frozen in it.
ok "an object is signed" kb sign "$obj" "${a[@]}" -o o.o --set answer=43
ok "and signed again" kb resign o.o "${b[@]}" -o p.o --signed-by a.pem
accepted kb verify p.o --cert b.pem
refused 3 "unknown key" kb verify p.o --cert a.pem
same() { kb inspect "$1" --json | jq -c '.result | del(.object, .signatures)'; }
is "$(same p.o)" "$(same o.o)" "with the same loader and settings"
ok "back again" kb resign p.o "${a[@]}" -o q.o
ok "to the same bytes" cmp o.o q.o
refused 3 "its present signature" kb resign p.o "${a[@]}" -o no.o --signed-by a.pem
refused 3 "was not signed before" kb resign "$obj" "${a[@]}" -o no.o
like "$err" "hint: sign it with keyctl-bpf sign" "and what to do about it"
refused 2 "a signature for each sort of kernel" kb resign o.o "${a[@]}" -o no.o --for insns
printf '\x01' | dd of=p.o bs=1 seek=600 conv=notrunc status=none
refused 3 "not what was signed" kb resign p.o "${a[@]}" -o no.o
absent no.o

# Many at once.
mkdir d
run kb resign o.o signed.lskel.h plain.lskel.h weak.lskel.h "${b[@]}" -o d --signed-by a.pem
is "$rc" 3 "two of four are not by the key that was named"
like "$err" "2 of 4 objects could not be signed" "and counted"
accepted kb verify d/o.o d/signed.lskel.h --cert b.pem
absent d/plain.lskel.h d/weak.lskel.h
done_testing

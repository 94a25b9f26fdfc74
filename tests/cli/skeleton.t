#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sign --out-skeleton: a header that compilers take without a word, in C and C++, and that holds
# what the signed object holds.

# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
need cc clang g++ jq

obj=$O/tests/kernel/skeleton_obj.bpf.o
kb --quiet key new --form file --alg rsa2048 -o k.pem 2>/dev/null
kb --quiet cert new --key k.pem --role build --name build -o k.crt
k=(--key k.pem --cert k.crt)

ok "a header is written" kb sign "$obj" --name tiny "${k[@]}" --out-skeleton tiny.h
is "$(head -n 1 tiny.h)" "/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */" \
	"under a licence that lets programs embed it"
flags=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -DSKELETON='"tiny.h"' -I.)
embed=$top/tests/kernel/lib/embed.c
ok "gcc takes it" cc -std=gnu11 "${flags[@]}" "$embed" -o by_cc
ok "clang takes it" clang -std=gnu11 "${flags[@]}" "$embed" -o by_clang
ok "g++ takes it" g++ -x c++ "${flags[@]}" "$embed" -o by_gxx
ok "clang takes it as C++" clang -x c++ "${flags[@]}" -c "$embed" -o by_clangxx.o
echo '#include "tiny.h"' >unused.c
ok "unused, too" cc "${flags[@]}" -c unused.c -o unused.o
run ./by_cc 0
is "$rc" 1 "without a keyring it fails"
like "$out" "load=" "with an errno"

# array NAME: its bytes in the header, as hexadecimal digits
array() {
	awk -v a=" $1[]" 'index($0, a) { on = 1; next } on && /};/ { exit } on' tiny.h | tr -d ' \t\n' |
		tr ',' '\n' | while read -r v; do printf %02x "$v"; done
}
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
kb --quiet sign "$obj" --name tiny "${k[@]}" -o tiny.o
kb --quiet inspect tiny.o --extract parts
is "$(array insns)" "$(hex parts/loader.bin)" "the loader of the signed object"
is "$(array metadata)" "$(hex parts/metadata.bin)" "its metadata"
is "$(array sig_insns)" "$(hex parts/insns.der)" "one signature"
is "$(array sig_metadata)" "$(hex parts/insns-metadata.der)" "and the other"
is "$(array digest)" "$(sha256sum <parts/loader.bin | cut -d' ' -f1)" "the loader's digest"

ok "names that are none in C" kb sign "$obj" --name 9-lives "${k[@]}" --out-skeleton lives.h
like "$(cat lives.h)" "struct _9_lives [{]" "become some"
refused 1 "exists already" kb sign "$obj" "${k[@]}" --out-skeleton tiny.h
ok "--force replaces it" kb sign "$obj" --name tiny "${k[@]}" --out-skeleton tiny.h --force
ok "a dry run" kb sign "$obj" "${k[@]}" --out-skeleton dry.h --dry-run
refused 2 "is for one object" kb sign "$obj" tiny.o "${k[@]}" --out-skeleton no.h
refused 2 "takes the place of" kb sign "$obj" "${k[@]}" --out-skeleton no.h -o no.o
refused 2 "bytes as they are" kb sign --raw tiny.o "${k[@]}" --out-skeleton no.h -o no.o
mkdir d
refused 1 "cannot sign" kb sign "$obj" "${k[@]}" --out-skeleton d --force
refused 1 "No such file" kb sign "$obj" "${k[@]}" --out-skeleton nowhere/no.h
refused 1 "not an ELF file" kb sign "$top/README.md" "${k[@]}" --out-skeleton no.h
absent no.h no.o dry.h
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every symbol of the library bears a prefix of the project; the public ones are declared, and
# what is declared is there.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# Each internal prefix is a header of that name, so that a name tells where it is declared.
prefixes() {
	echo bpfkey
	echo bk
	sources 'lib/*.h' 'tpm/*.h' ':!lib/bpf' | sed 's|.*/||; s|\.h$||'
	sed 's|[ \t]*#.*||; /^$/d' tests/lint/prefixes
}

nm -g --defined-only "$O/libbpfkey.a" 2>/dev/null | awk 'NF == 3 { print $3 }' |
	grep -vE '^(__|_binary_|\.)' | sort -u >"$T/symbols"
ok "the library defines symbols" test -s "$T/symbols"

prefixes | sort -u | sed 's/.*/^&(_|$)/' >"$T/patterns"
grep -vE -f "$T/patterns" "$T/symbols" | none "each bears a prefix of the project"

prototypes | cut -f1 | sort -u >"$T/declared"
grep '^bpfkey_' "$T/symbols" | comm -23 - "$T/declared" | none "each public symbol is declared"
comm -13 "$T/symbols" "$T/declared" | none "each public declaration is defined"

# Symbols are hidden unless their header says otherwise.
for h in $(sources 'include/bpfkey/*.h'); do
	[ "$(grep -cE '^#pragma GCC visibility (push\(default\)|pop)$' "$h")" = 2 ] || echo "$h"
done | none "each public header shows its calls by a visibility pragma"

# Of the library as it is installed nothing else is seen.
exported >"$T/exported"
comm -23 "$T/declared" "$T/exported" | none "each public declaration is in lib/libbpfkey.map"
comm -13 "$T/declared" "$T/exported" | none "the map names nothing that no header declares"
version=$(sed -nE 's/^#define BPFKEY_VERSION "([0-9]+\.[0-9]+)\..*/\1/p' include/bpfkey.h)
is "$(sed -nE 's/^LIBBPFKEY_([0-9.]+) \{$/\1/p' lib/libbpfkey.map | sort -V | tail -n 1)" "$version" \
	"the newest node of the map is this version's"
nm -D --defined-only "$O"/dist/libbpfkey.so | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u |
	comm -3 - "$T/exported" | none "the shared library exports what the map names"
nm -g --defined-only "$O/dist/libbpfkey.a" | awk 'NF == 3 { print $3 }' | sort -u |
	comm -3 - "$T/exported" | none "the static library shows the same names"
like "$(readelf -d "$O/dist/libbpfkey.so")" "SONAME.*\[libbpfkey\.so\.${version%%.*}\]" "the soname"
readelf -d "$O/dist/libbpfkey.so" | grep -E 'TEXTREL|RPATH|RUNPATH' |
	none "no relocations in the code and no path of this machine"

done_testing

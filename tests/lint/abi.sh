#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What programs that were built against the library rely on: calls, the layout of public structs,
# values of enumerators. lib/libbpfkey.abi holds it as it is promised; what it holds must stay, what
# is new joins it with 'tests/lint/abi.sh --record' (which a release must never make forget a line).
#
# Not abidiff: its baseline is made from debug information and differs between compilers, this one
# can be read and reviewed. For LP64 machines, which all that run signed BPF are.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

abi=lib/libbpfkey.abi
clang=("${CLANG:-clang}" -Iinclude -std=gnu11)

# layouts: "struct NAME SIZE" and "field NAME.FIELD OFFSET" of each public struct
layouts() {
	echo '#include <bpfkey.h>' | "${clang[@]}" -x c -fsyntax-only \
		-Xclang -fdump-record-layouts-complete - | awk -F'|' '
		$1 ~ /^ *0 $/ && $2 ~ /^ struct bpfkey_[a-z_]+$/ { name = substr($2, 9); next }
		name && $1 ~ /^ *[0-9:-]+ $/ && $2 ~ /^   [^ ]/ {
			field = $2
			sub(/.* /, "", field)
			print "field " name "." field, $1 + 0
		}
		name && match($2, /sizeof=[0-9]+/) {
			print "struct " name, substr($2, RSTART + 7, RLENGTH - 7)
			name = ""
		}'
}

# enumerators: "value NAME NUMBER"; those that end a list move with it
enumerators() {
	echo '#include <bpfkey.h>' | "${clang[@]}" -E -P -x c - | tr '\n' ' ' |
		grep -oE 'enum bpfkey_[a-z_]+ \{[^}]*\}' | grep -oE '\bBPFKEY_[A-Z0-9_]+' |
		grep -v '__END$' | sort -u >"$T/names"
	{
		printf '#include <stdio.h>\n#include <bpfkey.h>\nint main(void)\n{\n'
		sed 's/.*/\tprintf("value &  %d\\n", (int)&);/; s/  %d/ %d/' "$T/names"
		printf '\treturn 0;\n}\n'
	} >"$T/values.c"
	"${CC:-cc}" -Iinclude -o "$T/values" "$T/values.c" && "$T/values"
}

found() {
	prototypes | sed 's/^[^\t]*\t/call /'
	layouts
	enumerators
}

found | LC_ALL=C sort >"$T/found"
if [ "${1-}" = --record ]; then
	{
		echo "# What lint/abi.sh holds the library to; --record adds to it."
		cat "$T/found"
	} >"$abi"
	exit
fi
for kind in call struct field value; do
	ok "there is a $kind" grep -q "^$kind " "$T/found"
done
# Each struct that a header defines was looked at, or the comparison says nothing about it.
mapfile -t headers < <(sources 'include/*.h')
code "${headers[@]}" | sed -nE 's/.*:struct (bpfkey_[a-z_]+) \{$/\1/p' | sort -u >"$T/structs"
ok "there are public structs" test -s "$T/structs"
sed -nE 's/^struct ([a-z_]+) .*/\1/p' "$T/found" | sort -u | comm -13 - "$T/structs" |
	none "the layout of each public struct is known"
grep -v '^#' "$abi" | LC_ALL=C sort >"$T/promised"
LC_ALL=C comm -13 "$T/found" "$T/promised" | none "what was promised is as it was"
LC_ALL=C comm -23 "$T/found" "$T/promised" | none "what is new is recorded: tests/lint/abi.sh --record"

done_testing

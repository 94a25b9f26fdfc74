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

# Public functions: a line of a header in include/ that ends in the name and its parenthesis.
mapfile -t public < <(sources 'include/*.h')
code "${public[@]}" | cut -d: -f3- | tr '\n' ' ' | sed 's/[;}]/&\n/g' |
	grep -oE '\bbpfkey_[a-z0-9_]+ *\(' | grep -vE '_fn *\(' | tr -d ' (' | sort -u >"$T/declared"
grep '^bpfkey_' "$T/symbols" | comm -23 - "$T/declared" | none "each public symbol is declared"
comm -13 "$T/symbols" "$T/declared" | none "each public declaration is defined"

done_testing

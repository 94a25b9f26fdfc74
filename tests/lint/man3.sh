#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Section 3 of the manual and the headers say the same. A page declares a call by .Ft, .Fo, an .Fa
# for each parameter, and .Fc.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# declared PAGE...: "PAGE", a tab, and the declaration as prototypes() writes it
declared() {
	awk '
		function unquote(s) { sub(/^\.F[tao] /, "", s); gsub(/"/, "", s); return s }
		/^\.Ft / { type = unquote($0) }
		/^\.Fo / { name = unquote($0); args = "" }
		/^\.Fa / && name { args = args (args == "" ? "" : ", ") unquote($0) }
		/^\.Fc/ { print FILENAME "\t" type (type ~ /\*$/ ? "" : " ") name "(" args ")"; name = "" }
	' "$@"
}

# A type that ends in a star stands at its name, however the header breaks the line.
prototypes | cut -f2 | sed 's/\* \(bpfkey_\)/*\1/' | sort >"$T/header"
declared man/*.3 >"$T/pages"
cut -f2 "$T/pages" | sort >"$T/manual"
comm -23 "$T/header" "$T/manual" | none "each call of the headers stands in a page as it is"
comm -13 "$T/header" "$T/manual" | none "no page declares what no header does, nor one call twice"
exported | while read -r call; do
	grep -qE "[ *]$call\(" "$T/manual" || echo "$call"
done | none "each call of the map has a page"

for page in man/*.3; do
	awk '/^\.Sh/ { name = $2 == "NAME" } name && /^\.Nm/ { print $2 }' "$page" | sort >"$T/names"
	[ "$page" = man/bpfkey.3 ] || awk -F'\t' -v page="$page" '$1 == page { print $2 }' "$T/pages" |
		grep -oE '\bbpfkey_[a-z0-9_]+\(' | tr -d '(' | sort | comm -3 - "$T/names" |
		none "$page: NAME has the calls of SYNOPSIS"
	cat "$T/names" >>"$T/reachable"
done
basename -s .3 -a man/*.3 >>"$T/reachable"
for page in man/*.[1-9]; do
	sed -nE 's/^\.(It )?Xr (bpfkey[a-z0-9_]*) 3.*/\2/p' "$page" | sort -u | while read -r ref; do
		grep -qx "$ref" "$T/reachable" || echo "$page refers to $ref(3)"
	done
done | none "references to section 3 lead somewhere"

# What a caller fills in is told in a page that declares a call with it.
sed -nE 's/^field (bpfkey_[a-z_]+_opts)\.(.*) [0-9]+$/\1 \2/p' lib/libbpfkey.abi |
	while read -r struct field; do
		mapfile -t pages < <(grep -w "struct $struct" "$T/pages" | cut -f1 | sort -u)
		[ ${#pages[@]} -gt 0 ] || echo "struct $struct: no page declares a call that takes it"
		grep -qE "^\.(It )?Fa (.* )?$field( |\$)" "${pages[@]}" /dev/null ||
			echo "struct $struct: ${pages[*]} says nothing of $field"
	done | none "each option has its words"

done_testing

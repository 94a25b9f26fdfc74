#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages, option tables and completion say the same. A page documents an option by a line
# ".It Fl k , -long Ar ARG" (without "k ," when there is no short form).

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
command -v mandoc >/dev/null || skip_all "mandoc is not installed"

kb=$O/keyctl-bpf
"$kb" --dump-commands >"$T/commands"

# page_of NOUN VERB: verbs of two words have a page of their own
page_of() {
	case "$1/$2" in
	-/*) echo "man/keyctl-bpf-$2.1" ;;
	*' '*) echo "man/keyctl-bpf-$1-${2%% *}.1" ;;
	*) echo "man/keyctl-bpf-$1.1" ;;
	esac
}

# name_of NOUN VERB
name_of() {
	[ "$1" = - ] && echo "$2" || echo "$1 $2"
}

# table WHOSE NAME: "k long ARG" of each option, as the program has it
table() {
	# shellcheck disable=SC2086 # a noun and a verb are two words
	"$kb" $2 --dump-options | awk -F'\t' -v whose="$1" '$4 == whose { print $2, $1, $3 }' | sort -u
}

# documented PAGE: the same from the page
documented() {
	sed -nE 's/^\.It Fl (([a-zA-Z0-9]) , (Fl )?)?-([a-z0-9-]+)( Ar (.*))?$/\2|\4|\6/p' "$1" |
		awk -F'|' '{ print $1 == "" ? "-" : $1, $2, $3 == "" ? "-" : $3 }' | sort -u
}

# Every page: well-formed, in the common order, and its references lead somewhere.
# check_page PAGE: its form
check_page() {
	# JSON OUTPUT goes before EXIT STATUS, and security before examples, by our own order.
	mandoc -T lint -W warning "$1" 2>&1 | grep -v 'sections out of conventional order'
	head -n 1 "$1" | grep -q 'SPDX-License-Identifier' || echo "$1: no licence in line 1"
	sed -nE 's/^\.Xr (keyctl-bpf[a-z-]*) ([0-9]).*/\1.\2/p' "$1" | sort -u | while read -r ref; do
		[ -e "man/$ref" ] || echo "$1 refers to $ref, which is not there"
	done
}

# check_sections PAGE: a command's page has what every command's page has
check_sections() {
	local name

	for name in NAME SYNOPSIS DESCRIPTION 'JSON OUTPUT' 'EXIT STATUS' FILES \
		'SECURITY CONSIDERATIONS' EXAMPLES 'SEE ALSO'; do
		grep -qxE "\.Sh \"?$name\"?" "$1" || echo "$1: no section $name"
	done
}

# check_commands: the command's name stands in the page's synopsis, and in the list of all
check_commands() {
	local noun verb page macro

	while IFS=$'\t' read -r noun verb _; do
		page=$(page_of "$noun" "$verb")
		macro="^\.Nm( keyctl-bpf)? ?(Cm )?$(name_of "$noun" "$verb")( |\$)"
		sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$page" | grep -qE "$macro" ||
			echo "$page: SYNOPSIS has no '.Nm keyctl-bpf $(name_of "$noun" "$verb")'"
		grep -qE "^\.It (Cm|Ic|Xr keyctl-bpf-[a-z]+ 1|.*) ?$(name_of "$noun" "$verb")\b" \
			man/keyctl-bpf.1 || echo "man/keyctl-bpf.1 does not list $(name_of "$noun" "$verb")"
	done <"$T/commands"
}

for page in man/*.[1-9]; do
	check_page "$page" | none "$page: well-formed"
done

while IFS=$'\t' read -r noun verb _; do
	page=$(page_of "$noun" "$verb")
	echo "$page"
	table own "$(name_of "$noun" "$verb")" >>"$T/${page##*/}.own"
	table common "$(name_of "$noun" "$verb")" >>"$T/common"
done <"$T/commands" | sort -u >"$T/pages"

while read -r page; do
	ok "$page is there" test -e "$page"
	[ -e "$page" ] || continue
	check_sections "$page" | none "$page: sections"
	documented "$page" >"$T/documented"
	sort -u "$T/${page##*/}.own" | comm -3 - "$T/documented" |
		none "$page: options of the program (left) and of the page (right) are the same"
done <"$T/pages"

check_commands | none "each command stands in its synopsis and in keyctl-bpf.1"
documented man/keyctl-bpf.1 >"$T/documented"
sort -u "$T/common" | comm -23 - "$T/documented" | none "keyctl-bpf.1 has the common options"

# Completion, as a shell that loaded it would answer.
# shellcheck disable=SC1090
. "$O/completion/keyctl-bpf"
while IFS=$'\t' read -r noun verb _; do
	name=$(name_of "$noun" "$verb")
	# shellcheck disable=SC2206 # words
	COMP_WORDS=(keyctl-bpf $name --)
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_keyctl_bpf
	printf '%s\n' "${COMPREPLY[@]}" | sort -u >"$T/completed"
	{ table own "$name"; table common "$name"; } | awk '{ print "--" $2 }' | sort -u |
		comm -3 - "$T/completed" | none "completion of $name has its options"
done <"$T/commands"
COMP_WORDS=(keyctl-bpf '') COMP_CWORD=1
_keyctl_bpf
printf '%s\n' "${COMPREPLY[@]}" | sort -u >"$T/completed"
awk -F'\t' '{ print $1 == "-" ? $2 : $1 }' "$T/commands" | sort -u | comm -3 - "$T/completed" |
	none "completion of the first word"

done_testing

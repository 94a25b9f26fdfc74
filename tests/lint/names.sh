#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fixed names stand once in include/bpfkey.h and once in keyctl-bpf-names(7), with one value.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
command -v mandoc >/dev/null || skip_all "mandoc is not installed"

page=man/keyctl-bpf-names.7

defined() {
	sed -nE 's/^#define (BPFKEY_[A-Z0-9_]+)[ \t(].*/\1/p' include/bpfkey.h |
		grep -vE '^BPFKEY_(H|VERSION.*)$' | sort -u
}

# value NAME: as the compiler sees it
value() {
	printf '#include <bpfkey.h>\nvalue %s\n' "$1" | "${CC:-cc}" -E -P -Iinclude - 2>/dev/null |
		sed -nE 's/^value //p' | sed -E 's/" *"//g; s/^"//; s/"$//; s/u$//'
}

for name in $(defined); do
	grep -qE "\b$name\b" "$page" || echo "$name is not in $page"
done | none "each name is documented"

# bold and underlined: a letter, a backspace and a letter
mandoc -T ascii "$page" 2>/dev/null | sed 's/.\x08//g' >"$T/text"
grep -oE 'BPFKEY_[A-Z_]+' "$T/text" | sort -u | comm -23 - <(defined) |
	none "each documented name is defined"

for name in $(defined); do
	want=$(value "$name")
	case $want in
	\(-9\)) want=-9 ;;
	2.25.*.[0-9]) want=.${want##*.} ;;
	esac
	tr -s ' \n' '  ' <"$T/text" | grep -qF -- "$want" || echo "$name: '$want' is not in the page"
done | none "each value is in the page"

mapfile -t code < <(sources 'lib/*.[ch]' 'tpm/*.[ch]' 'keyctl-bpf/*.[ch]' ':!keyctl-bpf/kmod')

# Whoever needs one takes it from the header.
grep -nE '"(/etc|/var/lib|/run|/sys/fs/bpf)/keyctl-bpf|"\.bpf(_loader|_delegated|_policy|_anchor)?"' \
	"${code[@]}" | grep -vE ':[0-9]+:[ \t]*(/?\*|//)' |
	none "no fixed name is written out elsewhere"

done_testing

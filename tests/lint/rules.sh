#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules of style that a pattern can see.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

mapfile -t library < <(sources 'lib/*.[ch]' 'tpm/*.[ch]' 'include/*.h' ':!lib/bpf')
mapfile -t programs < <(sources 'keyctl-bpf/*.[ch]' ':!keyctl-bpf/kmod')
mapfile -t all < <(c_files)
code "${library[@]}" >"$T/library"
code "${programs[@]}" >"$T/programs"
code "${all[@]}" >"$T/all"

# calls NAMES FILE...: where one of the functions (an ERE) is called
calls() {
	local names=$1

	shift
	(cd "$T" && cat "$@") | grep -E ":[0-9]+:(.*[^a-zA-Z0-9_])?($names)[ \t]*\("
}

grep -E ':[0-9]+:(.*[^a-zA-Z0-9_])?goto[ '$'\t''][^:]' "$T/all" | none "no goto"
calls 'exit|_exit|abort|quick_exit' library | none "the library never ends the process"
calls 'exit|abort|quick_exit' programs | none "no exit below main"
calls 'v?printf|puts|putchar|perror|v?fprintf|v?dprintf|fputs|fputc|psignal' library |
	none "the library never prints"
calls 'gets|v?sprintf|strtok|atoi|atol|s?rand|mktemp|tmpnam|system|popen|alloca' library |
	none "no call that cannot be checked, in the library"
calls 'gets|vsprintf|strtok|atoi|atol|s?rand|mktemp|tmpnam|system|popen|alloca' programs |
	none "no call that cannot be checked, in the programs"
grep -E '_cleanup_\([^)]*\)[^=(]*;' "$T/library" "$T/programs" |
	none "a variable with a cleanup is initialised where it is declared"

# licence IDENTIFIER PATHSPEC...: files that do not say so in their first or second line
licence() {
	local want=$1 f

	shift
	sources "$@" | while read -r f; do
		head -n 2 "$f" | grep -qE "SPDX-License-Identifier: $want( \*/)?$" ||
			echo "$f: not '$want'"
	done
}

licence 'LGPL-2\.1-or-later' 'lib/*.[chS]' 'tpm/*.[ch]' 'include/*.h' ':!lib/bpf' |
	none "the library is LGPL-2.1-or-later"
licence '(GPL-2\.0|GPL-2\.0-only|\(GPL-2\.0-only OR LGPL-2\.1-or-later\)|GPL-2\.0-only OR LGPL-2\.1-or-later)' \
	'lib/bpf/*.c' 'keyctl-bpf/kmod/*.c' | none "BPF programs and the module are GPL-2.0"
licence '.+' 'lib/bpf/*.h' | none "headers shared with BPF programs say their licence"
licence 'GPL-2\.0-or-later' 'keyctl-bpf/*.[ch]' 'keyctl-bpf/*.sh' ':!keyctl-bpf/kmod' |
	none "the programs are GPL-2.0-or-later"
licence 'GPL-2\.0(-or-later|-only)?' 'tests/*.[ch]' 'tests/*.sh' 'tests/*.t' 'tests/run' |
	none "tests say their licence"

# Layout that every editor gets right by .editorconfig.
mapfile -t text < <(c_files; scripts; sources Makefile 'man/*' '*.md' '*.S')
grep -nHE '[ '$'\t'']+$' "${text[@]}" | none "no blanks at the end of a line"
grep -nHE '^ +[^ *]' "${all[@]}" | none "indentation by tabs"
awk '{
	line = $0
	while (i = index(line, "\t"))
		line = substr(line, 1, i - 1) substr("        ", (i - 1) % 8 + 1) substr(line, i + 1)
	if (length(line) > 100) print FILENAME ":" FNR ": " length(line) " columns"
}' "${all[@]}" | none "lines of at most 100 columns"
for f in "${text[@]}"; do
	[ -z "$(tail -c 1 "$f")" ] || echo "$f"
done | none "each file ends with a newline"

done_testing

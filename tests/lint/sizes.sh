#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files of at most 500 lines, functions of at most 60, the Makefile of at most 300.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

FILE_MAX=500 FUNCTION_MAX=60 MAKEFILE_MAX=300

long_files() {
	local f

	while read -r f; do
		awk -v max="$FILE_MAX" 'END { if (NR > max) print FILENAME ": " NR " lines" }' "$f"
	done
}

# A function's body is what stands between the braces of the first column.
long_functions() {
	local f

	while read -r f; do
		awk -v max="$FUNCTION_MAX" '
			/^\{/ { start = FNR; name = last }
			/^[a-zA-Z_][a-zA-Z0-9_]*\(\) \{/ { start = FNR; name = $0 }
			/^\}/ && start {
				if (FNR - start - 1 > max)
					print FILENAME ":" start ": " FNR - start - 1 " lines: " name
				start = 0
			}
			/^[a-zA-Z_]/ { last = $0 }' "$f"
	done
}

{ c_files; scripts; sources '*.S' '*.py'; } | long_files | none "files of at most $FILE_MAX lines"
{ c_files; scripts; } | long_functions | none "functions of at most $FUNCTION_MAX lines"
awk -v max="$MAKEFILE_MAX" 'END { if (NR > max) print FILENAME ": " NR " lines" }' Makefile |
	none "a Makefile of at most $MAKEFILE_MAX lines"

done_testing

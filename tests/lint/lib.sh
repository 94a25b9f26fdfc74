# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by every lint. The current folder is the checkout; $T is a folder for scratch files.

set -u
shopt -s lastpipe	# "... | none NAME" counts in this shell
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1
O=${O:-build}
T=$(mktemp -d)
tap_dir=$T
trap 'rm -rf "$T"' EXIT

# shellcheck source=tests/kernel/lib/tap.sh
. tests/kernel/lib/tap.sh

# sources PATHSPEC...: files of the project, committed or about to be
sources() {
	git ls-files -co --exclude-standard -- "$@" | sort -u | while read -r f; do
		[ -f "$f" ] && echo "$f"
	done
}

# c_files: what the C rules bind; scripts: what the shell's do
c_files() {
	sources '*.c' '*.h'
}

scripts() {
	sources | while read -r f; do
		case $f in
		*.sh | *.t) echo "$f" ;;
		*.*) ;;
		*) head -c 64 "$f" | head -n 1 | grep -qE '^#!.*(ba)?sh' && echo "$f" ;;
		esac
	done
}

# none NAME: passes when there is nothing on standard input; each line of it is a finding
none() {
	local found

	found=$(cat)
	if [ -z "$found" ]; then
		pass "$1"
	else
		fail "$1"
		diag "$found"
	fi
}

# code FILE...: "FILE:LINE:" and the line, without comments and without what stands in quotes
code() {
	awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
		gsub(/\047([^\047\\]|\\.)\047/, "0", line)
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
		if (inside) {
			if (!(i = index(line, "*/"))) next
			line = substr(line, i + 2)
			inside = 0
		}
		if (i = index(line, "/*")) { inside = 1; line = substr(line, 1, i - 1) }
		sub(/\/\/.*/, "", line)
		print FILENAME ":" FNR ":" line
	}' "$@"
}

# prototypes: NAME, a tab and the declaration in one line, of each public call
prototypes() {
	local headers

	mapfile -t headers < <(sources 'include/*.h')
	code "${headers[@]}" | cut -d: -f3- | awk '
		/^[ \t]*#/ || continued { continued = /\\$/; next }
		/^extern ""/ { next }
		/\{[ \t]*$/ { depth++ }
		/^[ \t]*\}/ { depth -= depth > 0; next }
		!depth { text = text " " $0 }
		END { n = split(text, call, ";"); for (i = 1; i <= n; i++) print call[i] }' |
		tr -s ' \t' ' ' | sed -nE '/^ ?typedef/d; s/^ ?([^(]*\b(bpfkey_[a-z0-9_]+) ?\(.*)/\2\t\1/p' |
		sort -u
}

# exported: the calls in the map of the shared library
exported() {
	sed -nE 's/^\t\t(bpfkey_[a-z0-9_]+);$/\1/p' lib/libbpfkey.map | sort -u
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom. Arrows point down only; each foreign library has one door.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# Layer of a path, and the layers that it may include from.
layer() {
	case $1 in
	keyctl-bpf/* | include/* | tpm/*) echo "${1%%/*}" ;;
	lib/*/*) expr "$1" : '\(lib/[^/]*\)' ;;
	*) echo other ;;
	esac
}

declare -A may=(
	[keyctl-bpf]='keyctl-bpf include'
	[include]='include'
	[lib/base]='lib/base include'
	[lib/model]='lib/model lib/base include'
	[lib/crypto]='lib/crypto lib/base include'
	[lib/kernel]='lib/kernel lib/bpf lib/base include'
	[lib/bpf]='lib/bpf'
	[tpm]='tpm lib/base include'
	[lib/token]='lib/token lib/base include'
	[lib/flow]='lib/flow lib/model lib/crypto lib/kernel lib/bpf lib/base include'
)

# Single headers that may be seen across a border.
excepted() {
	case "$1 $2" in
	tpm\ lib/crypto/digest.h | tpm\ lib/crypto/der.h | tpm\ lib/crypto/kdf.h) ;;
	lib/flow\ tpm/tpm.h | lib/flow\ lib/token/token.h) ;;
	*) return 1 ;;
	esac
}

# includes FILE...: "FILE TARGET", both as paths from the top
includes() {
	awk 'match($0, /^[ \t]*#[ \t]*include[ \t]+["<]/) {
		name = substr($0, RLENGTH + 1)
		sub(/[">].*/, "", name)
		dir = FILENAME
		sub(/[^\/]*$/, "", dir)
		if ($0 ~ /include[ \t]+"/) print FILENAME, dir name
		else if (name ~ /^bpfkey/) print FILENAME, "include/" name
	}' "$@" >"$T/pairs"
	cut -d' ' -f2 "$T/pairs" | xargs realpath -m --relative-to=. >"$T/targets"
	cut -d' ' -f1 "$T/pairs" | paste -d' ' - "$T/targets"
}

check_arrows() {
	local f from target to

	while read -r f target; do
		from=$(layer "$f")
		to=$(layer "$target")
		[[ " ${may[$from]} " == *" $to "* ]] || excepted "$from" "$target" ||
			echo "$f includes $target: $from must not know $to"
	done
}

# foreign RE PATHSPEC...: files that include a header matching RE outside of PATHSPEC
foreign() {
	local re=$1

	shift
	sources "$@" >"$T/allowed"
	grep -vxF -f "$T/allowed" "$T/files" | xargs grep -nE "^[ \t]*#[ \t]*include[ \t]+<$re"
}

sources 'lib/*.[ch]' 'tpm/*.[ch]' 'include/*.h' 'keyctl-bpf/*.[ch]' ':!keyctl-bpf/kmod' >"$T/files"
# shellcheck disable=SC2046 # names without blanks
includes $(cat "$T/files") | check_arrows | none "arrows point down"
foreign 'openssl/' 'lib/crypto/*' | none "OpenSSL only in lib/crypto"
foreign '(keyutils\.h|libelf\.h|gelf\.h)' 'lib/kernel/*' | none "keyutils and libelf only in lib/kernel"
foreign 'bpf/' 'lib/kernel/*' 'lib/bpf/*' | none "libbpf only in lib/kernel and the BPF programs"
foreign 'p11-kit/' 'lib/token/*' | none "p11-kit only in lib/token"
foreign '(tss2|libtpms)/' 'tpm/*' | none "TSS and libtpms only in tpm"
foreign 'jansson' 'lib/model/json.c' 'keyctl-bpf/out.c' | none "jansson only in json.c and out.c"
foreign 'popt' 'keyctl-bpf/opt.c' | none "popt only in opt.c"
foreign 'curl/' 'keyctl-bpf/agent/*' | none "curl only in the agent"

# ar knows members by base name and replaces one by another of the same.
sources 'lib/*.c' 'lib/*.S' 'tpm/*.c' ':!lib/bpf' | sed 's|.*/||; s|\..*||' | sort | uniq -d |
	none "base names are unique across lib and tpm"

done_testing

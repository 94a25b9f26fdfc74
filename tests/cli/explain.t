#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# explain: every row of the table is found by each of its spellings.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq

# The errnos of facts-kernel.md sections 1 to 3 that a signed load, an enrolment and a seal meet.
load='EPERM ENOMEM EACCES EFAULT EBUSY EINVAL ENOPKG EBADMSG ENOKEY EKEYEXPIRED EKEYREVOKED
	EKEYREJECTED'
enroll='EPERM EACCES ENOENT ENOPKG EBADMSG ENOKEY EOPNOTSUPP EINVAL'
restricting='EPERM EACCES EEXIST EINVAL ENOKEY'

check_rows() {
	local flag=$1 name

	shift
	for name in "$@"; do
		run kb explain "$name" "$flag" --json
		is "$rc" 0 "explain $name $flag"
		json '.result.explanations | length' 1 "one row: $name $flag"
		json '.result.explanations[0] | (.cause | length) > 10 and (.next | length) > 10' \
			true "cause and next step: $name $flag"
	done
}

# shellcheck disable=SC2086 # words
check_rows --load $load
# shellcheck disable=SC2086
check_rows --enroll $enroll
# shellcheck disable=SC2086
check_rows --restrict $restricting

run kb explain ENOKEY
is "$rc" 0 "without a context: exit 0"
is "$(grep -c '^code: *ENOKEY$' <<<"$out")" 3 "without a context: each of them"
like "$out" 'cause: the signer' "the cause"
byname=$out
run kb explain 126
is "$out" "$byname" "by number"
run kb explain enokey
is "$out" "$byname" "in lower case"

run kb explain E_REVOKED --json
json '.result.explanations[0].exit' 3 "our own codes tell their exit status"
run kb explain 0x98e --json
json '.result.explanations[0].code' 0x98e "TPM code"
like "$out" 'PIN' "a TPM code has a cause for people"
run kb explain 0x0000098E
is "$rc" 0 "a TPM code with leading zeros and capitals"

# Every row: found by its own name, and by nothing else.
run kb explain --json
is "$rc" 0 "without an argument: exit 0"
is_envelope "without an argument"
all=$out
is "$(jq '[.result.explanations[] | [.when, .code]] | length == (unique | length)' <<<"$all")" \
	true "no row stands twice"
is "$(jq -r '[.result.explanations[] | select((.cause + .next) | test("^[A-Z]|\\.$"))] | length' \
	<<<"$all")" 0 "lower case, no full stop"
missing=
while read -r code; do
	kb explain "$code" >/dev/null || missing+=" $code"
done < <(jq -r '.result.explanations[].code' <<<"$all")
is "$missing" '' "each listed code is found by its name"

# Every command that a row names exists, so that the next step can be taken.
unknown=
while read -r name; do
	case $name in
	COMMAND | --*) continue ;;
	esac
	cut -f1,2 <<<"$(kb --dump-commands)" | sed 's/^-\t//; s/\t/ /' | grep -qx -- "$name" ||
		unknown+=" '$name'"
done < <(jq -r '.result.explanations[].next' <<<"$all" | grep -o "'keyctl-bpf [^']*'" |
	sed -E "s/'keyctl-bpf //; s/'$//" |
	sed -E 's/^((key policy|key|cert|keyring|gate|tpm) [a-z-]+|[^ ]+).*/\1/' | sort -u)
is "$unknown" '' "each command that a row names exists"

refused 1 "no explanation of 'EXDEV' is known" kb explain EXDEV
refused 1 "no explanation of 'ENOKEYS' is known" kb explain ENOKEYS --load
refused 1 "no explanation of '99999' is known" kb explain 99999
refused 1 "no explanation of '0xffffffff' is known" kb explain 0xffffffff
refused 2 "'0x' is not a number" kb explain 0x
refused 2 "'12x' is not a number" kb explain 12x
refused 2 "'0x1ffffffff' is not a number" kb explain 0x1ffffffff
refused 2 "'E_IO' is no error number of the kernel" kb explain E_IO --load

done_testing

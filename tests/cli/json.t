#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON envelope: one object on stdout for success, failure and wrong usage alike.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq

run kb explain ENOKEY --load --json
is "$rc:$err" 0: "success: exit 0, nothing on stderr"
is_envelope "success"
json .command explain "the command is named"
json .ok true "ok"
json .changed false "nothing changed"
json '.result.explanations | length' 1 "one row"
json '.result.explanations[0].errno' 126 "numbers are numbers"
is "$(wc -l <"$tap_dir/tap.out")" 1 "one line"

run kb --json explain ENONSENSE
is "$rc" 1 "failure: exit 1"
is_envelope "failure"
json .error.exit 1 "the exit status stands in the answer"
json .error.code E_NOT_FOUND "the code"
json .error.message "no explanation of 'ENONSENSE' is known" "the sentence"
json .error.hint "keyctl-bpf explain" "the hint"
json .result null "no result"
like "$err" "^keyctl-bpf: no explanation of 'ENONSENSE' is known" "the sentence on stderr too"

run kb explain --json --nonsense
is "$rc" 2 "wrong usage: exit 2"
is_envelope "wrong usage"
json .error.code E_USAGE "its code"

run kb frobnicate --json
is "$rc" 2 "unknown command: exit 2"
is_envelope "unknown command"
json .command null "no command is named"

run kb --json
is "$rc" 2 "no command: exit 2"
is_envelope "no command"

run kb --json --version
is_envelope "version"
json '.result.version | rtrimstr("\n")' "$(kb --version)" "its text"

# Bytes that are no UTF-8, and control bytes, still make one valid object.
run kb --json explain "$(printf 'E\377\033[31m\n')"
is_envelope "bytes that are no text"
unlike "$err" $'\033' "no escape sequence reaches the terminal"

# --json behind "--" is an argument.
run kb explain -- --json
is "$out" '' "--json behind -- asks for nothing"

# Each command: help as an object, and a wrong option as an object.
while IFS=$'\t' read -r noun verb _; do
	name="$noun $verb"
	[ "$noun" = - ] && name=$verb
	# shellcheck disable=SC2086 # a noun and a verb are two words
	run kb $name --json --help
	is "$rc" 0 "$name --json --help: exit 0"
	is_envelope "$name --json --help"
	json .command "$name" "$name names itself"
	# shellcheck disable=SC2086
	run kb $name --json --no-such-option
	is "$rc" 2 "$name --json with a wrong option: exit 2"
	is_envelope "$name --json with a wrong option"
done < <(kb --dump-commands)

done_testing

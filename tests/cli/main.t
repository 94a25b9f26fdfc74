#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The frame of every command: finding it, common options, usage errors, help, exit codes.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# usage_error RE ARG...: one sentence, one usage line, nothing on stdout, exit 2
usage_error() {
	local sentence=$1

	shift
	run kb "$@"
	is "$rc" 2 "exit 2: $*"
	is "$out" '' "nothing on stdout: $*"
	is "$(wc -l <"$tap_dir/tap.err")" 2 "two lines on stderr: $*"
	like "$err" "^keyctl-bpf: $sentence"$'\n''usage: keyctl-bpf ' "$*"
}

run kb
is "$rc" 2 "no command: exit 2"
is "$out" '' "no command: nothing on stdout"
like "$err" 'explain +say what' "no command: a short list on stderr"
like "$err" 'keyctl-bpf: no command is named' "no command: the sentence"

usage_error "no command 'expalin', did you mean 'explain'\?" expalin
usage_error "no command 'frobnicate'; 'keyctl-bpf --help' lists them" frobnicate
usage_error "unknown option '--lod', did you mean '--load'\?" explain --lod
usage_error "unknown option '--frobnicate'" explain --frobnicate
usage_error "unknown option '-Z'" explain -Z
usage_error "option '--load' is given twice" explain --load --load
usage_error "option '--load' takes no value" explain --load=1
usage_error "option '--root' needs a value" explain --root
usage_error "option '--root' needs a value that is not empty" explain --root=
usage_error "unexpected argument 'EINVAL'" explain ENOKEY EINVAL
usage_error "'--load' is no common option; a command's own options stand after it" --load explain
usage_error "'explain' changes nothing and takes no '--dry-run'" explain --dry-run
usage_error "'explain' uses no TPM and takes no '--tpm'" explain --tpm device:/dev/tpm0
usage_error "'--quiet' and '--verbose' exclude one another" explain --quiet --verbose
usage_error "unknown option '--lo', did you mean '--load'\?" explain --lo
for id in 0 -3 12x 2147483648 4294967287; do
	usage_error "option '--keyring' needs the serial number of a keyring, or -9 for the kernel's own .bpf, not '$id'" \
		load no.o --keyring "$id"
done
run kb load no.o --keyring -9
isnt "$rc" 2 "-9 is a keyring's id"

# An argument after "--" is none, whatever it looks like.
refused 1 "no explanation of '--load' is known" kb explain -- --load

run kb --help
is "$rc" 0 "--help: exit 0"
is "$err" '' "--help: nothing on stderr"
like "$out" 'usage: keyctl-bpf .*explain +say what' "--help: the list on stdout"
run kb explain --help --nonsense
is "$rc" 2 "--help does not hide a wrong option"
run kb explain --help
is "$rc" 0 "explain --help: exit 0"
like "$out" '--restrict .*common options:.*--json' "explain --help: own and common options"
unlike "$out" '--dry-run' "explain --help: not what it does not take"

run kb --version
like "$out" '^keyctl-bpf [0-9]+\.[0-9]+\.[0-9]+$' "--version"
is "$rc" 0 "--version: exit 0"
run kb explain --version
is "$rc" 0 "--version after a command: exit 0"

# Common options count the same on either side of the command.
run kb --json explain E_IO
before=$out
run kb explain E_IO --json
is "$out" "$before" "--json before and after the command"
run kb --root=/ -q explain E_IO
is "$rc$out$err" 0 "--root=DIR and -q before the command; -q prints nothing"

# Every command that is listed explains itself and refuses nonsense.
while IFS=$'\t' read -r noun verb _; do
	name=${noun#-}${noun:+ }$verb
	[ "$noun" = - ] && name=$verb
	# shellcheck disable=SC2086 # a noun and a verb are two words
	run kb $name --help
	is "$rc:$err" 0: "$name --help"
	like "$out" "^usage: keyctl-bpf $name .*common options:" "$name --help: usage and options"
	# shellcheck disable=SC2086
	refused 2 "unknown option '--no-such-option'" kb $name --no-such-option
done < <(kb --dump-commands)

# A noun alone lists its verbs.
while read -r noun; do
	refused 2 "'$noun' needs a verb" kb "$noun"
	run kb "$noun" --help
	is "$rc" 0 "$noun --help"
	refused 2 "no command '$noun frobnicate'" kb "$noun" frobnicate
	refused 2 "'--' is no common option" kb "$noun" -- --json
done < <(kb --dump-commands | cut -f1 | grep -vx -e - | sort -u)

if [ -w /dev/full ]; then
	run bash -c '"$0" --version >/dev/full' "$KB"
	is "$rc" 1 "a full disk under stdout: exit 1"
	like "$err" 'cannot write the answer to standard output' "a full disk under stdout"
else
	skip 2 "no /dev/full"
fi

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the bash completion of the binary $1, from what it says of itself.
set -eu -o pipefail

bin=$1
tab=$'\t'

cat <<'HEAD'
# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for keyctl-bpf; made by keyctl-bpf/completion.sh, do not edit
HEAD

commands=$("$bin" --dump-commands)
words=''
while IFS=$tab read -r noun verb _; do
	[ "$noun" = - ] && word=$verb || word=$noun
	[[ " $words " == *" $word "* ]] || words+="${words:+ }$word"
done <<<"$commands"

# shellcheck disable=SC2016 # the case is the printed function's
printf '_keyctl_bpf_words() {\n\tcase $1 in\n'
printf "\t'') echo '%s' ;;\n" "$words"
while read -r noun; do
	[ "$noun" = - ] && continue
	verbs=$(awk -F'\t' -v n="$noun" '$1 == n { sub(/ .*/, "", $2) }
		$1 == n && !seen[$2]++ { printf "%s%s", s, $2; s = " " }' <<<"$commands")
	printf "\t%s) echo '%s' ;;\n" "$noun" "$verbs"
done < <(cut -f1 <<<"$commands" | sort -u)
# A verb of two words: the first, then what it can be followed by.
while read -r noun first; do
	verbs=$(awk -F'\t' -v n="$noun" -v f="$first " '$1 == n && index($2, f) == 1 {
		printf "%s%s", s, substr($2, length(f) + 1); s = " " }' <<<"$commands")
	printf "\t'%s %s') echo '%s' ;;\n" "$noun" "$first" "$verbs"
done < <(awk -F'\t' '$2 ~ / / { sub(/ .*/, "", $2); print $1, $2 }' <<<"$commands" | sort -u)
printf '\tesac\n}\n\n'

# shellcheck disable=SC2016
printf '_keyctl_bpf_options() {\n\tcase $1 in\n'
while IFS=$tab read -r noun verb _; do
	[ "$noun" = - ] && name=$verb || name="$noun $verb"
	# shellcheck disable=SC2086 # a noun and a verb are two words
	options=$("$bin" $name --dump-options |
		awk -F'\t' '{ printf "%s--%s", s, $1; s = " " }')
	printf "\t'%s') echo '%s' ;;\n" "$name" "$options"
done <<<"$commands"
printf '\tesac\n}\n\n'

cat <<'TAIL'
_keyctl_bpf() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local name='' noun='' i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] && continue
		[[ " --tpm --root --passphrase-file --passphrase-fd --pkcs11-module --pkcs11-env " == \
			*" ${COMP_WORDS[i-1]} "* ]] && continue
		if [[ -z $noun ]]; then
			noun=${COMP_WORDS[i]}
			[[ -n $(_keyctl_bpf_options "$noun") ]] && name=$noun && break
		else
			noun+=" ${COMP_WORDS[i]}"
			[[ -n $(_keyctl_bpf_words "$noun") ]] && continue
			name=$noun
			break
		fi
	done
	if [[ -n $name && $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_keyctl_bpf_options "$name")" -- "$cur")
	elif [[ -z $name && $prev != --tpm && $prev != --root ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_keyctl_bpf_words "$noun")" -- "$cur")
	fi
}
complete -o default -F _keyctl_bpf keyctl-bpf
TAIL

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: findings about this machine, whatever it is, agree with what the machine itself says.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq setpriv

refused 2 "takes no '--root'" kb doctor --root "$T"
refused 2 'takes no argument|argument' kb doctor cure

run kb doctor --json
isnt "$rc" 0 "a machine that is not provisioned is not well"
is_envelope "one object"
json '[.result.findings[] | keys | join(" ")] | unique | join("|")' "next severity topic what" \
	"the fields of a finding"
json '[.result.findings[].topic] | unique - ["gate", "kernel", "keyring", "machine", "tpm"] | length' 0 \
	"topics"
json '(.error.exit == 3) == any(.result.findings[]; .severity == "attention")' true \
	"3 exactly when something needs attention"
json '[.result.findings[] | select(.severity == "attention" and (.next == null)).what] | join(", ")' '' \
	"whatever needs attention has a next step"

# says TEXT: is there a finding of it?
says() {
	jq -e --arg t "$1" 'any(.result.findings[]; .what | contains($t))' <<<"$out" >/dev/null
}

# agrees CONDITION TEXT: the finding is there exactly when the condition holds
agrees() {
	local want=no got=no

	eval "$1" && want=yes
	says "$2" && got=yes
	is "$got" "$want" "'$2' exactly when: $1"
}

# shellcheck disable=SC2016 # the conditions are for eval
{
	agrees '! grep -q " /sys/fs/bpf bpf " /proc/self/mounts' 'no BPF file system'
	agrees '! grep -q " cgroup2 " /proc/self/mounts' 'no cgroup version 2'
	agrees '[ ! -e /sys/kernel/btf/vmlinux ]' 'gives no type information'
	agrees '[ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled 2>/dev/null)" = 0 ]' \
		'users without privilege may'
	agrees '[ "$(cat /proc/sys/kernel/ftrace_enabled 2>/dev/null)" = 0 ]' 'ftrace_enabled is 0'
	agrees '[ "$(wc -l </proc/swaps)" -gt 1 ]' 'swap is on'
	agrees '[ ! -r /sys/kernel/security/lockdown ]' 'is locked down could not be read'
}

run kb doctor
like "$out" '^(attention|unchecked): [a-z]+: ' "as sentences"
unlike "$out" $'\x1b' "without control characters"
done_testing

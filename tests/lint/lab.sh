#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which kernels the lab is asked for, what the native one adds to its command line, and that whoever
# works in the Debian 13 root is not in the way of others who only work there.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# wanted KERNELS: the lab's list on one line
wanted() {
	# shellcheck disable=SC2016 # for the inner shell
	KERNELS=$1 O=$T CACHE=$T/cache bash -c '. tests/kernel/lib/common.sh && wanted_kernels' |
		tr '\n' ' '
}

is "$(wanted all)" "6.18 6.19 7.0 7.1 7.2 7.3 " "all: the six of the table, not native"
is "$(wanted '')" "6.18 7.2 7.3 " "the default"
is "$(wanted 'native 7.0')" "native 7.0 " "native by its name"
run wanted 5.10
like "$err" "no kernel '5.10' in tests/kernel/kernels, only: .* native$" "another one is refused"

# cmdline KERNEL WORDS: as lib/drive makes it
cmdline() {
	(
		# shellcheck disable=SC2034 # read by the function
		kernel=$1 guest_cmdline=$2
		eval "$(sed -n '/^cmdline() {/,/^}/p' tests/kernel/lib/drive)"
		cmdline
	)
}
unlike "$(cmdline 7.3 '')" unsealed "other kernels get no parameter of the native one"
like "$(cmdline native '')" ' bpf.keyring_unsealed=1$' "the native one is booted unsealed"
unlike "$(cmdline native bpf.keyring_unsealed=0)" '=1$' "unless a test says otherwise"

# locks: a shared one beside another, an exclusive one beside neither
take() {
	# shellcheck disable=SC2016 # for the inner shell
	O=$T CACHE=$T/cache timeout 2 bash -c '. tests/kernel/lib/common.sh && lock root $0' "$1"
}
mkdir -p "$T/cache/lock"
exec 7>"$T/cache/lock/root"
flock -s 7
ok "two may work in the root" take -s
not_ok "nobody replaces it meanwhile" take -x
flock -u 7
ok "but afterwards" take -x
done_testing

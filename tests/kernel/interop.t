#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A loader that somebody wrote in Python from the manual alone loads one of our objects; what it is
# told by the kernel and by the pages when something is wrong.
# lab: one kernel will do
# shellcheck disable=SC2034 # read by guest.sh
guest_files="tests/interop/loader.py \$O/interop/python.tar"
. "$(dirname -- "$0")/lib/guest.sh"

mkdir /tmp/python && tar -C /tmp/python -xf "$O/interop/python.tar"
cd /tmp || exit 1
loader() {
	LD_LIBRARY_PATH=/tmp/python/lib /tmp/python/usr/bin/python3 -I -S \
		/lab/tests/interop/loader.py "$@"
}

for who in build stranger; do
	keyctl-bpf --quiet key new --form file -o $who.key 2>/dev/null
	keyctl-bpf --quiet cert new --key $who.key --role build --name $who -o $who.pem
	keyctl-bpf --quiet sign "$O/tests/kernel/load_obj.bpf.o" --kernel-version 7.3.1 \
		--key $who.key --cert $who.pem -o $who.o
done
ok "it reads an object" loader --check build.o
refused 1 "no keyring was made on this machine" loader build.o
ok "the keyring is made" keyctl-bpf keyring create
ok "the build key is enrolled" keyctl-bpf keyring enroll build.pem
[ "$KERNEL" != native ] || ok "and sealed, or it does not count" keyctl-bpf keyring seal --profile locked --yes

run loader build.o pass
is "$rc $err" "0 " "it loads the object"
like "$out" "map by_name made.*map load_obj\.data made" "all maps are there"
is "$(grep -c '^program .* made$' <<<"$out")" 5 "all programs are there"
like "$out" "pass returned 2" "a program of it runs: XDP_PASS"

refused 1 "cannot load the program: ENOKEY" loader stranger.o
for section in loader metadata manifest sig_insns sig_metadata digests; do
	flip build.o bad.o .keyctl_bpf.$section
	refused 1 "bad.o: .*(is not what was signed|of a kind)" loader bad.o
done
id=$(cat /run/keyctl-bpf/keyring-id)
for bad in '' "$id" "0x1\n" "$id\n$id\n" " $id\n" "-1\n"; do
	printf %b "$bad" >/run/keyctl-bpf/keyring-id
	refused 1 "holds no number" loader build.o
done
echo 999999999 >/run/keyctl-bpf/keyring-id
refused 1 "keyring 999999999: Required key not available" loader build.o
keyctl newring bogus @u >/run/keyctl-bpf/keyring-id
refused 1 "cannot load the program: E(NOKEY|PERM)" loader build.o
done_testing

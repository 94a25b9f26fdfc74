#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The library as other people's programs have it, shared and static: tests/examples, built against
# what make install leaves, sign on the host and load in the guest.
# lab: one kernel will do
# shellcheck disable=SC2034 # read by guest.sh
work=examples/work.${KERNEL:-7.3}
guest_files="\$O/examples/prefix/lib/libbpfkey.so.0"
for f in shared/{find_keyring,load,sign} static/{find_keyring,load,sign}; do
	guest_files+=" \$O/examples/$f"
done
for f in build.pem shared.o static.o; do
	guest_files+=" \$O/$work/$f"
done

# sign_on_host: with a key that the guest never sees
sign_on_host() (
	cd -- "$(dirname -- "$0")/../.." && cd -- "${O:-build}" || exit 1
	rm -rf "$work" && mkdir -p "$work"
	./keyctl-bpf --quiet key new --form file --alg rsa2048 -o "$work/build.key" 2>/dev/null || exit 1
	./keyctl-bpf --quiet cert new --key "$work/build.key" --role build --name build \
		-o "$work/build.pem" || exit 1
	for form in shared static; do
		LD_LIBRARY_PATH=examples/prefix/lib "examples/$form/sign" "$work/build.key" "$work/build.pem" \
			load_obj.bpf.o 7.3.1 <tests/kernel/load_obj.bpf.o >"$work/$form.o" ||
			exit 1
	done
)

[ -n "${GUEST-}" ] || sign_on_host || { echo "Bail out! cannot sign on the host"; exit 1; }
. "$(dirname -- "$0")/lib/guest.sh"

here=$O/examples
export LD_LIBRARY_PATH=$here/prefix/lib
cd "$O/$work" || exit 1
is "$(cmp shared.o static.o 2>&1)" "" "shared and static library sign the same bytes"
if [ "$KERNEL" = native ]; then
	run "$here/shared/find_keyring"
	is "$rc $out" "0 -9" "the kernel's own keyring is found before anything is published"
else
	refused 4 "no keyring .* create" "$here/shared/find_keyring"
fi
ok "the keyring is made" keyctl-bpf keyring create
ok "the build key is enrolled" keyctl-bpf keyring enroll build.pem
[ "$KERNEL" != native ] || ok "and sealed, or it does not count" keyctl-bpf keyring seal --profile locked --yes
keyctl-bpf --quiet key new --form file -o stranger.key 2>/dev/null
keyctl-bpf --quiet cert new --key stranger.key --role build --name stranger -o stranger.pem

for form in shared static; do
	run "$here/$form/find_keyring"
	is "$rc $out" "0 $(cat /run/keyctl-bpf/keyring-id)" "$form: finds the keyring"
	run "$here/$form/load" $form.o build.pem load_obj.data
	is "$rc $err" "0 " "$form: loads what the host signed"
	like "$out" "program on_syscall attached.*map load_obj.data.*it counts" "$form: programs and maps"
	rm -f /sys/fs/bpf/by_name
	refused 3 "E_UNKNOWN_SIGNER: " "$here/$form/load" $form.o stranger.pem load_obj.data
	flip $form.o bad.o .keyctl_bpf.loader
	refused 3 "E_TAMPERED: .*loader" "$here/$form/load" bad.o build.pem load_obj.data
	sign_here() { "$here/$form/sign" stranger.key stranger.pem x.o 7.3.1 <"$1" >here.o; }
	ok "$form: signs in the guest" sign_here "$O/tests/kernel/load_obj.bpf.o"
	refused 3 "E_KERNEL: .*ENOKEY" "$here/$form/load" here.o stranger.pem load_obj.data
	refused 1 "E_FORMAT: " sign_here build.pem
	refused 1 "E_FORMAT: .*'x.o': it is empty" sign_here /dev/null
done

# With the file gone the keyring is still found, and never by its name.
id=$(cat /run/keyctl-bpf/keyring-id)
rm /run/keyctl-bpf/keyring-id
run "$here/shared/find_keyring"
is "$rc $out" "0 $id" "the keyring is found without the file"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What 'make install' leaves for DKMS, used by Debian 13's dkms on a kernel of the lab: added, built,
# installed, signed, and taken away again.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

CACHE=${CACHE:-build/cache}
[[ $CACHE = /* ]] || CACHE=$PWD/$CACHE
kernel_headers=$(find "$CACHE/kernels/" -mindepth 2 -maxdepth 2 -path '*/[0-9]*/headers' 2>/dev/null |
	sort -V | tail -n 1)
[ "$(id -u)" = 0 ] || skip_all "only root can enter the Debian 13 root"
[ -n "$kernel_headers" ] || skip_all "no kernel's headers here: 'make lab' fetches them"
export only_made=1
run tests/kernel/lib/root13 true
[ "$rc" != 77 ] || skip_all "no Debian 13 root here: 'make lab' makes it"

version=$(sed -n 's/^#define BPFKEY_VERSION "\(.*\)"/\1/p' include/bpfkey.h)
release=$(cat "$kernel_headers/../release")
source=$T/root/usr/src/bpf_keyring-$version
conf=$source/dkms.conf
installed=$T/modules/$release/updates/dkms

# The root sees the headers where their packages put them, and writes below $T only.
mkdir -p "$T/dkms" "$T/modules/$release"
ln -s "/usr/src/linux-headers-$release" "$T/modules/$release/build"
bind="$source:usr/src/bpf_keyring-$version $T/dkms:var/lib/dkms $T/modules:usr/lib/modules"
for d in "$kernel_headers"/usr/{src,lib}/*; do
	bind+=" $d:${d#"$kernel_headers/"}"
done
export bind

dkms() {
	tests/kernel/lib/root13 dkms "$@"
}

# dkms_ok NAME ARG...: dkms does it, and has nothing to say against it
dkms_ok() {
	local name=$1

	shift
	run dkms "$@"
	is "$rc" 0 "$name"
	grep -iE 'warning|error|deprecated' <<<"$out$err" | none "$name: no complaint"
}

# takes RELEASE: whether dkms.conf is for such a kernel
takes() {
	# shellcheck disable=SC1090,SC2034 # DKMS sets the two before it reads the file
	(kernel_source_dir='' dkms_tree='' && . "$conf" && [[ $1 =~ $BUILD_EXCLUSIVE_KERNEL ]])
}

ok "make install" make --no-print-directory -s install DESTDIR="$T/root" O="$O"

dkms_ok "dkms add" add "bpf_keyring/$version"
dkms_ok "dkms build for $release" build "bpf_keyring/$version" -k "$release"
dkms_ok "dkms install" install "bpf_keyring/$version" -k "$release"
run dkms status "bpf_keyring/$version"
like "$out" ": installed\$" "dkms status"
is "$(modinfo -F version "$installed"/bpf_keyring.ko*)" "$version" "the module's version"
run modinfo -F vermagic "$installed"/bpf_keyring.ko*
is "${out%% *}" "$release" "the kernel it is for"
like "$(modinfo -F signer "$installed"/bpf_keyring.ko*)" . "signed with the machine's key"
dkms_ok "dkms remove" remove "bpf_keyring/$version" --all
find "$T/modules" -name '*.ko*' | none "no module is left"
find "$T/dkms" -mindepth 1 ! -name 'mok.*' | none "nothing is left in the tree of DKMS"

# as the hook of a new kernel's package does
dkms_ok "dkms add again" add "bpf_keyring/$version"
dkms_ok "dkms autoinstall" autoinstall -k "$release"
ok "a new kernel gets the module by itself" compgen -G "$installed/bpf_keyring.ko*"

run dkms build "bpf_keyring/$version" -k 6.12.1-amd64
is "$rc" 77 "a kernel that verifies no BPF is left alone"
for r in 6.17.13 6.1.1 5.18.0 4.19.1; do not_ok "not for $r" takes "$r-amd64"; done
for r in 6.18.0 6.19.14 7.0.13 7.3.4 8.0.1 10.2.0; do ok "for $r" takes "$r+deb13-amd64"; done

done_testing

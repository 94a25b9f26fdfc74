#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Light skeletons that other people's tools made for this kernel: they load when their key is
# enrolled, not when it is not, again after resign by a key in the TPM; and what the gate says.

# shellcheck disable=SC2154 # what run sets
here=$(dirname -- "$0")
# shellcheck source-path=SCRIPTDIR source=gate.sh
. "$here/gate.sh"
if [ -z "${GUEST-}" ]; then
	# On the host: a key in a file, and what the tools make with it.
	. "$here/lib/common.sh"
	own=tests/kernel/skeleton.${KERNEL:-7.3}
	dir=$O/$own kb=$O/keyctl-bpf object=$O/tests/kernel/skeleton_obj.bpf.o r=0
	rm -rf "$dir" && mkdir -p "$dir"
	# The lab's own kernel is a 7.3.
	PATH=$(realpath "$O"):$PATH series=${KERNEL:-7.3} series=${series/native/7.3}
	(
		cd "$dir" || exit
		[ "${KERNEL-}" != native ] || new_anchor
		new_key build
	)
	"$here/lib/foreign" "$series" "$object" tiny "$dir/build.key" "$dir/build.pem" "$dir" || r=$?
	[ "$r" = 0 ] || { [ "$r" = "$GONE" ] && echo "1..0 # SKIP no tool makes light skeletons for this kernel"; exit $((r == GONE ? 0 : r)); }
	# The same without any check of the metadata, signed as if that were enough.
	"$O/tests/cli/lskel" "$object" tiny >"$dir/bare.lskel.h"
	"$kb" -q inspect "$dir/bare.lskel.h" --extract "$dir/bare"
	"$kb" -q sign --raw "$dir/bare/loader.bin" --key "$dir/build.key" --cert "$dir/build.pem" -o "$dir/bare/insns.der"
	openssl dgst -sha256 -binary -out "$dir/bare/excl" "$dir/bare/loader.bin"
	"$O/tests/cli/lskel" "$object" tiny "$dir/bare/insns.der" "$dir/bare/excl" >"$dir/weak.lskel.h"
	# Programs that carry a header of ours.
	"$kb" -q sign "$object" --name tiny --key "$dir/build.key" --cert "$dir/build.pem" --out-skeleton "$dir/tiny.h"
	cc -static -O2 -DSKELETON='"tiny.h"' -I"$dir" "$here/lib/embed.c" -o "$dir/by_cc"
	clang -static -O2 -DSKELETON='"tiny.h"' -I"$dir" "$here/lib/embed.c" -o "$dir/by_clang"
	g++ -x c++ -static -O2 -DSKELETON='"tiny.h"' -I"$dir" "$here/lib/embed.c" -o "$dir/by_gxx"
	guest_files=tests/kernel/gate.sh
	[ "${KERNEL-}" != native ] || guest_files+=" \$O/$own/anchor.key \$O/$own/anchor.pem"
	for f in by_cc by_clang by_gxx build.key build.pem plain.lskel.h signed.lskel.h tool bare.lskel.h weak.lskel.h \
		bare/loader.bin bare/metadata.bin bare/insns.der; do
		guest_files+=" \$O/$own/$f"
	done
	set +eu
fi
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$here/lib/guest.sh"

cp -r "$O/tests/kernel/skeleton.$KERNEL" /run/t && cd /run/t || exit 1
chmod 600 ./*.key
diag "made by $(cat tool)"
bpffs=/sys/fs/bpf
modprobe bpf_keyring keyring_unsealed=1
ok "the keyring is made" keyctl-bpf keyring create
ok "the build key is enrolled" keyctl-bpf keyring enroll build.pem
ring=$(cat /run/keyctl-bpf/keyring-id)
if [ "$KERNEL" = native ]; then
	ok "and so is an anchor" keyctl-bpf keyring enroll --role anchor anchor.pem
	ok "sealed, or it does not count" keyctl-bpf keyring seal --profile anchored --yes
fi

# By the key that the tool signed with.
accepted keyctl-bpf verify signed.lskel.h --machine --kernel "${KERNEL/native/7.3}"
ok "it loads" keyctl-bpf load signed.lskel.h --pin $bpffs/first --attach
for pin in pass on_entry on_entry_link on_syscall on_syscall_link; do
	ok "$pin is pinned" test -e $bpffs/first/$pin
done
rm -r $bpffs/first
run keyctl-bpf load signed.lskel.h --json
is "$(jq -c '.result | [(.programs | map(.name)), (.maps | map(.name))]' <<<"$out")" \
	'[["pass","on_entry","on_syscall"],["seen","rodata","data"]]' "what it makes, by name"
refused 3 "without a signature" keyctl-bpf load plain.lskel.h
refused 3 "they do not check the metadata" keyctl-bpf load weak.lskel.h

# Programs that carry the header of sign --out-skeleton.
for program in by_cc by_clang by_gxx; do
	is "$(./$program "$ring")" "load=0 maps=3 programs=3" "$program loads its own"
done

# Each sort of signature on each sort of kernel.
keyctl-bpf -q resign bare.lskel.h --key build.key --cert build.pem -o newer.lskel.h
case $KERNEL in
6.* | 7.[012])
	refused 3 "its signature is for Linux 7.3 and later" keyctl-bpf load newer.lskel.h
	;;
*)
	ok "signed with its metadata it loads" keyctl-bpf load newer.lskel.h
	;;
esac

# Its key is removed; a key in the TPM takes over.
ok "the build key is removed" keyctl-bpf keyring remove build.pem
refused 3 "kernel refused it \(ENOKEY\)" keyctl-bpf load signed.lskel.h --cert build.pem
is "$(./by_cc "$ring")" "load=Required key not available" "the header's programs do not load either"
keyctl-bpf -q key new --form tpm --alg p256 -o tpm.key
new_cert tpm
ok "a key of the TPM is enrolled" keyctl-bpf keyring enroll tpm.pem
ok "the header is signed by it" keyctl-bpf resign signed.lskel.h --key tpm.key --cert tpm.pem \
	--signed-by build.pem -o again.lskel.h
ok "and loads again" keyctl-bpf load again.lskel.h
refused 3 "signed by a key that none" keyctl-bpf load signed.lskel.h

# Under the gate.
keyctl-bpf -q sign /bpf/xdpfilt_dny_udp.o --key tpm.key --cert tpm.pem -o obj.o
ok "the gate is installed" keyctl-bpf gate install --self-test obj.o
ok "and enforces" keyctl-bpf gate mode enforce
ok "the header loads" keyctl-bpf load again.lskel.h
refused 3 "kernel refused it \(ENOKEY\)" keyctl-bpf load signed.lskel.h --cert build.pem

# What checks no metadata is refused where the kernel does not check it either.
case $KERNEL in
6.* | 7.[012])
	keyctl-bpf -q sign --raw bare/loader.bin --key tpm.key --cert tpm.pem -o bare/tpm.der
	is "$(rawload "$ring" insns bare/loader.bin bare/metadata.bin bare/tpm.der)" "load=EPERM" \
		"an unprotected loader is refused"
	like "$(keyctl-bpf gate log)" "its metadata is not protected on this kernel" "and the log says why"
	;;
esac
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same objects give the same loaders on every machine: here as the build host made them, and in
# a guest with another kernel, another number of CPUs, and maps of the objects' names pinned.
# lab: one kernel will do

sums() { # KEY CERT DIR: sign all objects into DIR and print what the loaders are
	local f name

	mkdir -p "$3"
	for f in "${objects[@]}"; do
		name=$(basename "$f" .o)
		keyctl-bpf -q sign "$f" -k "$1" -c "$2" -o "$3/$name.signed.o" || return
		keyctl-bpf -q inspect "$3/$name.signed.o" --extract "$3/$name" >/dev/null || return
		(cd "$3" && sha256sum "$name/loader.bin" "$name/metadata.bin")
	done
}

if [ -z "${GUEST-}" ]; then
	top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
	O=${O:-build}
	[[ $O = /* ]] || O=$top/$O
	ref=$O/tests/kernel/reference.${KERNEL:-7.3}
	rm -rf "$ref"
	mkdir -p "$ref"
	mapfile -t objects < <(dpkg -L libxdp1 | grep '\.o$')
	PATH=$O:$PATH
	keyctl-bpf -q key new --form file -o "$ref/key" 2>/dev/null
	keyctl-bpf -q cert new --key "$ref/key" --role build --name reference -o "$ref/cert.pem"
	sums "$ref/key" "$ref/cert.pem" "$ref/signed" >"$ref/sums"
	guest_files="\$O/${ref#"$O"/}/sums"
fi
# shellcheck disable=SC2034 # read by guest.sh
guest_cpus=2
. "$(dirname -- "$0")/lib/guest.sh"

objects=(/bpf/*.o)
reference=$(cat "$O/tests/kernel/reference.$KERNEL/sums")
is "$(wc -l <<<"$reference")" 30 "the build host made 15 loaders"
cd /tmp || exit 1
keyctl-bpf -q key new --form file -o key 2>/dev/null
keyctl-bpf -q cert new --key key --role build --name guest -o cert.pem
is "$(sums key cert.pem a)" "$reference" "so does kernel $(uname -r), byte for byte"

ok "one CPU less" sh -c 'echo 0 >/sys/devices/system/cpu/cpu1/online && [ "$(nproc)" = 1 ]'
ok "maps of the same names are pinned" verify_bpf /bpf/xdpfilt_dny_udp.o
ok "where libbpf would look for them" test -e /sys/fs/bpf/filter_ports -a -e /sys/fs/bpf/xdp_stats_map
is "$(sums key cert.pem b)" "$reference" "and the bytes are the same again"
done_testing

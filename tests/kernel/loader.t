#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Trusted loaders as an administrator meets them: signed, listed, refused, revoked. The attack
# program, which loads what nobody signed, is the loader.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack' guest_tools='jq strace openssl'
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

# loads FILE [TYPE]: what the file's attempt to load an unsigned program ends in
loads() {
	run "$1" unsigned "${@:2}"
	count unsigned
}

set_up
ok "the gate is installed" keyctl-bpf gate install --self-test obj.o
ok "and enforces" keyctl-bpf gate mode enforce --accept-existing

cp "$attack" /disk/agent
cp "$attack" /disk/signed
cp "$attack" /disk/bpftool
cp "$attack" /disk/plain
echo >>/disk/signed # the same program with another digest
vouch_libraries "$attack"
ok "its libraries are on the disk" test -n "$libs"
printf '#!/bin/sh\nexec /disk/agent unsigned\n' >/disk/script
chmod 755 /disk/script
cp "$attack" /disk/setuid && chmod 4755 /disk/setuid
is "$(loads /disk/agent)" EPERM "nobody is trusted yet"

refused 4 "no fs-verity" keyctl-bpf loader allow "$attack" --name a --types xdp
refused 1 "is a script" keyctl-bpf loader allow /disk/script --name a --types xdp
refused 3 "set-uid" keyctl-bpf loader allow /disk/setuid --name a --types xdp
refused 3 "loads whatever its caller names" keyctl-bpf loader allow /disk/bpftool --name a --types xdp
refused 2 "have to be signed" keyctl-bpf loader allow /disk/agent --name a --types syscall
exec 9>>/disk/plain
refused 1 "open for writing" keyctl-bpf loader allow /disk/plain --name a --types xdp
exec 9>&-
refused 3 "not under fs-verity" keyctl-bpf loader verify /disk/agent
mkdir /disk/up /disk/work /disk/over
if mount -t overlay overlay -o "lowerdir=/disk/lib,upperdir=/disk/up,workdir=/disk/work" /disk/over; then
	cp "$attack" /disk/over/agent
	refused 4 "overlayfs.*" keyctl-bpf loader allow /disk/over/agent --name a --types xdp
	umount /disk/over
else
	skip 1 "this kernel has no overlayfs"
fi

run keyctl-bpf loader allow /disk/agent --name agent --types socket_filter --dry-run --json
is "$(jq -r '.changed' <<<"$out")" false "a dry run changes nothing"
refused 3 "not under fs-verity" keyctl-bpf loader verify /disk/agent
run keyctl-bpf loader allow /disk/agent --name agent --types socket_filter --json
is "$(jq -r '.changed, .result.in_force' <<<"$out" | paste -sd' ')" "true now" "allowed, and the gate follows"
not_ok "without its libraries it does not start" /disk/agent unsigned
is "$(keyctl-bpf gate log --json | jq -r '[.result.decisions[].reason] | unique | index("mapping") != null')" \
	true "and the record says why"
refused 3 "/lib.*: it is not under fs-verity" keyctl-bpf loader verify /disk/agent
ok "with them" keyctl-bpf loader allow /disk/agent --name agent --types socket_filter --with-libraries
ok "which is what verify says" keyctl-bpf loader verify /disk/agent
is "$(loads /disk/agent)" 0 "it loads what nobody signed"
is "$(last_decision .reason)" trusted-loader "by its rule"
run keyctl-bpf loader allow /disk/agent --name agent --types socket_filter --with-libraries --json
is "$(jq -r .changed <<<"$out")" false "twice is once"
run keyctl-bpf gate show --json
is "$(jq -r '.result.rules[] | select(.name == "agent") | .kind, .about, .signs' <<<"$out" | paste -sd' ')" \
	"loader file socket_filter" "the gate shows the rule"

is "$(loads /disk/agent 6)" EPERM "not another type"
is "$(last_decision .reason)" trusted-type "for that reason"
is "$(loads /disk/plain)" EPERM "not a copy without fs-verity"
run env LD_PRELOAD=/disk/plain /disk/agent unsigned
is "$(count unsigned)" 0 "LD_PRELOAD is passed over"
is "$(loads /disk/script)" 0 "a script that runs it is no more than its caller"
run strace -f -o /dev/null /disk/agent unsigned
is "$(count unsigned)" EPERM "not when it is traced from the start"

new_loader_key() {
	keyctl-bpf -q key new --form file -o "$1.key" 2>/dev/null &&
		keyctl-bpf -q cert new --key "$1.key" --role loader --name "$1" -o "$1.pem"
}
new_loader_key vendor && new_loader_key stranger
refused 3 "role" keyctl-bpf loader sign /disk/signed --key build.key --cert build.pem
ok "a loader key is enrolled" keyctl-bpf -q keyring enroll --role loader vendor.pem
ok "and listed" keyctl-bpf loader allow --cert vendor.pem --name vendor --types socket_filter
ok "a file is signed by a stranger" keyctl-bpf loader sign /disk/signed --key stranger.key --cert stranger.pem
is "$(loads /disk/signed)" EPERM "which does not count"
refused 3 "no listed key has signed it" keyctl-bpf loader verify /disk/signed
ok "and then by the listed key" keyctl-bpf loader sign /disk/signed --key vendor.key --cert vendor.pem
run keyctl-bpf loader sign /disk/signed --key vendor.key --cert vendor.pem --json
is "$(jq -r .changed <<<"$out")" false "twice is once"
run keyctl-bpf loader verify /disk/signed --json
is "$(jq -r '.result.files[0] | .trusted, .rule' <<<"$out" | paste -sd' ')" "true vendor" "verify names the rule"
# The binary itself is no library: a listed digest says that it may be mapped.
digest=$(jq -r '.result.files[0].digest' <<<"$out")
is "$digest" "$(fsverity measure /disk/signed | cut -d' ' -f1)" "by the digest that fsverity tells"

is "$(loads /disk/signed)" 0 "and it loads what nobody signed"
is "$(last_decision .reason)" trusted-loader "by the key's rule"
ok "the loader is revoked" keyctl-bpf loader revoke agent --reason "a test"
is "$(loads /disk/agent)" EPERM "and loads nothing any more"
refused 3 "revoked" keyctl-bpf loader verify /disk/agent
refused 3 "revoked" keyctl-bpf loader allow /disk/agent --name again --types socket_filter
run keyctl-bpf loader revoke /disk/agent --json
is "$(jq -r .changed <<<"$out")" false "once is enough"
ok "a key too" keyctl-bpf loader revoke vendor
refused 3 "" keyctl-bpf loader verify /disk/signed
is "$(loads /disk/signed)" EPERM "and what it signed"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Under lockdown=confidentiality: the module, unsigned, does not load, and nothing weaker takes its
# place; the reader of seals and public keys works all the same.
# lab: one kernel will do

guest_files="tests/kernel/certs.sh"
guest_cmdline="lockdown=confidentiality"
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source-path=SCRIPTDIR source=certs.sh
. tests/kernel/certs.sh

if [ "$KERNEL" = native ]; then
	# Its own .bpf is there; what the module would have made is weaker, and that is said.
	accepted keyctl-bpf keyring create
	like "$err" 'warning: .*are ordinary ones.*the module bpf_keyring cannot be loaded: ' \
		"the companions are ordinary"
	is "$(cat /run/keyctl-bpf/keyring-id)" -9 "loaders are told the kernel's own"
	is "$(ring '.keyrings | map("\(.name) \(.kind)") | join(" ")' --all)" \
		".bpf native bpf:delegated ordinary bpf:loader ordinary bpf:policy ordinary bpf:anchor ordinary" \
		"which is the better of five"
	cert weak loader
	accepted keyctl-bpf keyring enroll --role loader /tmp/weak.pem
	run keyctl-bpf status
	like "$out" "'bpf:loader' is an ordinary keyring: whoever possesses it may invalidate it" \
		"status calls them weaker"
	accepted keyctl-bpf keyring create --json
	is "$(jq .changed <<<"$out")" false "create again changes nothing"
	rm /run/keyctl-bpf/keyring-id
else
	refused 4 'the module bpf_keyring cannot be loaded: ' keyctl-bpf keyring create
	like "$err" 'hint:.*--staging NAME' "what to do is said"
	is "$(cat /run/keyctl-bpf/keyring-id 2>/dev/null)" "" "nothing is published"
	is "$(keyctl rlist @u)" "" "no keyring was made instead"
fi

accepted keyctl-bpf keyring create --staging dev
dev=$(ring .serial --staging dev)
is "$(keyctl rdescribe "$dev")" "keyring;0;0;083f0000;dev" \
	"a staging keyring, because it was asked for"
cert one build
accepted keyctl-bpf keyring enroll --staging dev /tmp/one.pem
is "$(ring '.keys[0] | "\(.known) \(.state)"' --staging dev)" "true valid" \
	"its public key could be read"
accepted keyctl-bpf keyring seal --staging dev --profile locked --yes
is "$(ring .profile --staging dev)" locked "its seal could be read"
run keyctl-bpf doctor
unlike "$out" 'lockdown is off' "doctor: locked down"
refused 4 "no staging keyring 'other'" keyctl-bpf keyring show --staging other
refused 2 'is no name for a staging keyring' keyctl-bpf keyring create --staging .bpf
keyctl newring squat @u >/dev/null
keyctl chown "$(keyctl search @u keyring squat)" 1000
run keyctl-bpf keyring show --staging squat
like "$rc $err" "^(3|4) " "a keyring of somebody else is not taken for ours"

# A number that is stale, or of something else.
keyctl unlink "$dev" @u
run keyctl-bpf status --check --staging other
like "$rc" '^3$' "status of a staging keyring that is not there"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# delegation: the policy is written and read here; tests/kernel/delegation.t has keyring and gate.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl

policy=$T/etc/keyctl-bpf/gate.json
digest=sha256:$(printf '%064d' 1)
de() { kb delegation "$1" --root "$T" "${@:2}"; }
lo() { kb loader "$1" --root "$T" "${@:2}"; }
add() { de add flow --loader agent --types xdp --ttl 1h "$@"; }

run de list --json
is_envelope "nothing is listed"
json '.result.delegations' '[]' "an empty list"
refused 1 "there is no trusted loader 'agent'" add
like "$err" "loader allow BIN --name agent" "with the way to one"
ok "a loader" lo allow "$digest" --name agent --types xdp
ok "a library" lo allow "sha256:$(printf '%064d' 2)" --name lib --library
refused 1 "no trusted loader 'lib'" de add flow --loader lib --types xdp --ttl 1h

refused 2 "'--loader" de add flow --types xdp --ttl 1h
refused 2 "'--types" de add flow --loader agent --ttl 1h
refused 2 "'--ttl" de add flow --loader agent --types xdp
refused 2 "'warp' is no program type" de add flow --loader agent --types warp --ttl 1h
refused 2 "allowed the type 'ext'" de add flow --loader agent --types ext --ttl 1h
refused 2 "'soon' is no time span" de add flow --loader agent --types xdp --ttl soon
refused 2 "no name for a delegation" de add 'a b' --loader agent --types xdp --ttl 1h
refused 2 "that time is over" add --until 2020-01-01

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca \
	-days 9 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.pem -subj /CN=x \
	-days 9 -addext basicConstraints=critical,CA:FALSE 2>/dev/null
refused 2 "go together" add --issuer ca.pem
refused 2 "go together" add --san DNS:x
refused 2 "is no subject alternative name" add --issuer ca.pem --san x
refused 2 "is no subject alternative name" add --issuer ca.pem --san DNS:
refused 2 "'1.2.3' is no address" add --issuer ca.pem --san IP:1.2.3
refused 3 "it is no CA's certificate" add --issuer leaf.pem --san DNS:x
refused 1 "'nothing'" add --issuer nothing --san DNS:x

run add --dry-run --json
is_envelope "a dry run"
json .changed false "changes nothing"
run de list --json
json '.result.delegations' '[]' "really"
run add --json
is_envelope "added"
json '.changed, .result.in_force' $'true\nwith the next gate install' "and written"
run add --json
json .changed false "twice is once"
run de show flow --json
is_envelope "shown"
json '.result | .loader, .types, .ttl, .keys, .in_force' $'agent\nxdp\n3600\n0\nfalse' "as it was added"
run de show flow
like "$out" "no key of it is enrolled" "and why it is not in force"
refused 1 "no delegation 'none'" de show none
refused 3 "'flow' is for the loader 'agent'" lo revoke agent

run de add node --loader agent --types xdp,sched_cls --ttl 26h --issuer ca.pem --san URI:spiffe://x/y \
	--attach-types xdp --until 2099-01-01 --json
json .changed true "one by issuer and name"
run de list --json
json '[.result.delegations[].name] | join(" ")' "flow node" "both are listed"
json '.result.delegations[1] | .san, .until, .issuer' "URI:spiffe://x/y
2099-01-01T00:00:00Z
$(openssl x509 -in ca.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)" "with what is pinned"
ok "the next run reads it" de show node
run add --types xdp,sched_cls --json

refused 2 "takes no .--root" de enroll node ca.pem

run de revoke flow --reason 'a test' --dry-run --json
json .changed false "a dry run revokes nothing"
run de revoke flow --reason 'a test' --json
is_envelope "revoked"
json .changed true "one is gone"
run de list --json
json '[.result.delegations[].name] | join(" ")' node "the other stays"
refused 1 "there is no delegation 'flow'" de revoke flow
is "$(stat -c %a "$policy")" 644 "the policy can be read by all"
done_testing

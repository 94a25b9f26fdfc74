#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# loader, as far as it goes without a gate and without fs-verity: the policy file, usage, refusals.
# What it does in a kernel is tests/kernel/loader.t.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl

d1=sha256:$(printf '%064d' 1)
d2=sha256:$(printf '%064d' 2)
d3=sha256:$(printf '%064d' 3)
policy=$T/r/etc/keyctl-bpf/gate.json

# in the root $T/r
lo() {
	kb loader "$@" --root "$T/r"
}

run lo list
is "$rc" 0 "nothing is listed"
like "$out" "no trusted loaders" "and it says so"
refused 2 "one of both" lo allow "$d1" --name a
refused 2 "option '--name" lo allow "$d1" --types xdp
refused 2 "'warp' is no program type" lo allow "$d1" --name a --types warp
refused 2 "'warp' is no attach type" lo allow "$d1" --name a --types xdp --attach-types warp
refused 2 "cannot be allowed the type 'syscall'" lo allow "$d1" --name a --types xdp,syscall
refused 2 "cannot be allowed the type 'ext'" lo allow "$d1" --name a --types ext
refused 2 "is no name for a loader" lo allow "$d1" --name 'a b' --types xdp
refused 2 "a file, a digest or --cert is needed" lo allow --name a --types xdp
refused 2 "is no digest" lo allow sha256:12 --name a --types xdp
refused 2 "--until takes a time" lo allow "$d1" --name a --types xdp --until soon
refused 2 "that time is over" lo allow "$d1" --name a --types xdp --until 2020-01-01
refused 2 "only of a file" lo allow "$d1" --name a --types xdp --with-libraries
refused 1 "cannot find" lo allow "$T/none" --name a --types xdp
printf '#!/bin/sh\n' >script
refused 1 "is a script" lo allow script --name a --types xdp
echo text >text
refused 1 "not an ELF file" lo allow text --name a --types xdp
cp "$KB" bpftool
refused 3 "loads whatever its caller names" lo allow bpftool --name a --types xdp
cp "$KB" setuid && chmod 4755 setuid
refused 3 "set-uid" lo allow setuid --name a --types xdp
absent "$policy"

run lo allow "$d1" --name a --types xdp,sched_cls --dry-run --json
is_envelope "a dry run"
json '.changed' false "changes nothing"
absent "$policy"
run lo allow "$d1" --name a --types xdp,sched_cls --json
is_envelope "allowed"
json '.changed, .result.in_force' $'true\nwith the next gate install' "and written"
is "$(stat -c %a "$policy")" 644 "readable by all, writable by root"
run lo allow "$d1" --name a --types xdp,sched_cls --json
json '.changed' false "twice is once"
refused 1 "listed already, as 'a'" lo allow "$d1" --name b --types xdp
run lo allow "$d2" --name full --types lsm --attach-types lsm_mac --until 2099-01-01 --lends-trust --json
json '.result | .full_power, .lends_trust' $'true\ntrue' "full power is shown"
run lo show full --json
is_envelope "one of them"
json '.result | .kind, .types, .attach_types, .until' $'file\nlsm\nlsm_mac\n2099-01-01T00:00:00Z' "shown"
run lo list --json
json '[.result.loaders[].name] | join(" ")' "a full" "and all of them"
refused 1 "no loader 'nobody'" lo show nobody

new() {
	kb -q key new --form file -o "$1.key" 2>/dev/null &&
		kb -q cert new --key "$1.key" --role "$1" --name "$1" -o "$1.pem"
}
new build && new loader
refused 3 "role" lo allow --cert build.pem --name key --types xdp
ok "a loader key" lo allow --cert loader.pem --name key --types xdp
json_fp=$(openssl x509 -in loader.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
run lo show key --json
json '.result | .kind, .key' "key"$'\n'"$json_fp" "by its certificate"
refused 3 "for neither|role" kb loader sign "$KB" --key build.key --cert build.pem --dry-run
refused 1 "is a script" kb loader sign script --key loader.key --cert loader.pem
refused 3 "not under fs-verity" lo verify "$KB"
run lo verify "$KB" --json
is_envelope "verify"
json '.ok, .result.files[0].trusted' $'false\nfalse' "answers also when it says no"

refused 2 "one of both" lo allow "$d3" --name plugin
refused 2 "one of both" lo allow "$d3" --name plugin --types xdp --library
refused 2 "loads nothing itself" lo allow "$d3" --name plugin --library --lends-trust
refused 2 "loads nothing itself" lo allow --cert loader.pem --name plugin --library
run lo allow "$d3" --name plugin --library --json
is_envelope "a library"
run lo show plugin --json
json '.result | .kind, .types' $'library\nnull' "by itself"
ok "is taken away again" lo revoke plugin

run lo revoke a --reason 'a test' --json
is_envelope "revoke"
json '.changed' true "revoked"
refused 3 "this file is revoked" lo allow "$d1" --name a --types xdp
run lo revoke "$d1" --json
json '.changed' false "twice is once"
ok "a key is revoked" lo revoke key
refused 3 "its key is revoked" lo allow --cert loader.pem --name key --types xdp
run lo list --json
json '[.result.loaders[] | .kind + " " + .reason] | join(",")' "file ,revoked-file ,revoked-file a test,revoked-key " "as is listed"
refused 1 "is no entry of the gate policy" lo revoke nobody

cp "$policy" good
jq '. + {surprise: 1}' good >"$policy"
refused 1 "a field 'surprise' has no meaning" lo list
jq '.loaders[0].types = []' good >"$policy"
refused 1 "nothing is allowed by omission" lo list
echo '{' >"$policy"
refused 1 "not JSON" lo allow "$d1" --name a --types xdp
cp good "$policy" && chmod 666 "$policy"
refused 3 "others can change it" lo list
chmod 644 "$policy"
ok "the good one is read again" lo list
done_testing

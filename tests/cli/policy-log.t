#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# key policy sign --event-log: the PCRs that a boot with such a log leaves, replayed here once more
# with sha256sum alone.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq xxd

# le BYTES NUMBER: in hex
le() {
	local i out=

	for ((i = 0; i < $1; i++)); do out+=$(printf %02x $((($2 >> 8 * i) & 255))); done
	echo "$out"
}
hash() { xxd -r -p <<<"$2" | "$1sum" | cut -d' ' -f1; }
# of N BYTE: N times the byte
of() { printf "%.s$2" $(seq "$1"); }

# header: SHA-1 and SHA-256 (TCG_EfiSpecIdEvent)
header() {
	le 4 0; le 4 3; of 20 00; le 4 37
	printf 'Spec ID Event03\0' | xxd -p
	le 4 0; echo 00020002; le 4 2; le 2 4; le 2 20; le 2 11; le 2 32; echo 00
}
# event PCR TYPE SHA1 SHA256 [DATA]
event() {
	local data=${5-}

	le 4 "$1"; le 4 "$2"; le 4 2; le 2 4; echo "$3"; le 2 11; echo "$4"
	le 4 $((${#data} / 2)); echo "$data"
}
started() { event 0 3 "$(of 20 00)" "$(of 32 00)" "$(printf 'StartupLocality\0' | xxd -p)0$1"; }
to() { tr -d '\n' | xxd -r -p >"$1"; }

{
	header
	started 3
	event 0 8 "$(of 20 a1)" "$(of 32 b1)" 4142
	event 7 0x80000001 "$(of 20 a2)" "$(of 32 b2)"
	event 0 1 "$(of 20 a3)" "$(of 32 b3)" 00
	event 7 4 "$(of 20 a4)" "$(of 32 b4)" 00000000
	event 4 3 "$(of 20 ff)" "$(of 32 ff)" # informs, and extends nothing
} | to log
pcr0=$(hash sha256 "$(hash sha256 "$(of 31 00)03$(of 32 b1)")$(of 32 b3)")
pcr7=$(hash sha256 "$(hash sha256 "$(of 32 00)$(of 32 b2)")$(of 32 b4)")
old7=$(hash sha1 "$(hash sha1 "$(of 20 00)$(of 20 a2)")$(of 20 a4)")

kb key new --form file -o policy.key --quiet
kb key policy new --key policy.key -o p --quiet
sign=(key policy sign p --key policy.key)

run kb "${sign[@]}" --pcrs sha256:0,7 --event-log log --json
is "$rc" 0 'policy sign --event-log'
is_envelope 'policy sign'
json '[.result.states[0].pcrs[] | "\(.pcr) \(.expected)"] | join(" ")' "0 $pcr0 7 $pcr7" 'replayed'
json '.result.states[0].signature_good' true 'and signed'
printf '  sha256:\n    0 : 0x%s\n    7 : 0x%s\n' "$pcr0" "$pcr7" >values
run kb "${sign[@]}" --pcr-values values --json
json .changed false 'the same state as by its values'
run kb "${sign[@]}" --pcrs sha1:7 --event-log log --json --replace
json '.result.states[0].pcrs[0].expected' "$old7" 'the other bank'
run kb "${sign[@]}" --pcrs sha256:7 --event-log log --json --replace
run kb "${sign[@]}" --pcrs sha256:7 --event-log <(cat log) --json
json .changed false 'the log may be a pipe'

# Where nothing tells the locality it is 0.
{ header; event 0 8 "$(of 20 a1)" "$(of 32 b1)"; } | to plain
run kb "${sign[@]}" --pcrs sha256:0 --event-log plain --json --replace
json '.result.states[0].pcrs[0].expected' "$(hash sha256 "$(of 32 00)$(of 32 b1)")" 'PCR 0 from zeros'

sum=$(sha256sum <p)
refused 2 'no PCRs of it' kb "${sign[@]}" --event-log log
refused 2 'only one of both' kb "${sign[@]}" --pcrs sha256:7 --pcr-values values --event-log log
refused 1 "'nothing'" kb "${sign[@]}" --pcrs sha256:7 --event-log nothing
refused 3 'it says nothing about sha256:4,10' kb "${sign[@]}" --pcrs sha256:0,4,10 --event-log log
refused 4 'the log has no sha384 digests' kb "${sign[@]}" --pcrs sha384:7 --event-log log
size=$(stat -c %s log)
for cut in 1 20 40 $((size / 2)) $((size - 1)); do
	head -c "$cut" log >cut.log
	refused 1 "event log 'cut.log'" kb "${sign[@]}" --pcrs sha256:0,7 --event-log cut.log
done
: >empty
refused 1 "event log 'empty'" kb "${sign[@]}" --pcrs sha256:0,7 --event-log empty
{ cat log; started 4 | tr -d '\n' | xxd -r -p; } >late
refused 1 'tells how PCR 0 began after it was measured into' \
	kb "${sign[@]}" --pcrs sha256:0,7 --event-log late
is "$(sha256sum <p)" "$sum" 'after all of that the policy is what it was'
done_testing

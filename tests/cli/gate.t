#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gate, as far as it goes on a machine without one: usage, answers, nothing changed. What it does in
# a kernel is tests/kernel/gate*.t.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq

refused 2 "'fast' is no mode: off, audit or enforce" kb gate mode fast
refused 2 "the options are for mode enforce" kb gate mode audit --yes-deny
refused 2 "'nonsense' is no program type" kb gate install --type nonsense
refused 2 "" kb gate log --after soon
refused 2 "" kb gate show something
refused 2 "for" kb gate try
refused 2 "'soon' is no time span" kb gate try --for soon
refused 2 "from 10s to 1d" kb gate try --for 9s
refused 2 "from 10s to 1d" kb gate try --for 2d
refused 2 "" kb gate confirm now
refused 2 "" kb gate show --root "$T"
run kb gate mode fast --json
is "$rc" 2 "usage in JSON too"
is "$(jq -r '.ok, .error.exit' <<<"$out" | paste -sd' ')" "false 2" "with its envelope"

run kb gate show
case $err in
*'no gate is installed'* | *'only root'*)
	is "$rc" 4 "no gate: exit 4"
	is "$out" "" "and no half answer"
	run kb gate log --json
	is "$(jq -r '.ok, .error.exit' <<<"$out" | paste -sd' ')" "false 4" "the same in JSON"
	like "$(jq -r .error.hint <<<"$out")" "gate install|root" "with what to do"
	refused 4 "" kb gate programs
	refused 4 "" kb gate mode
	refused 4 "" kb gate mode enforce
	refused 4 "" kb gate try --for 10s
	refused 4 "" kb gate confirm
	;;
*) skip 9 "this machine has a gate, or cannot be asked: $err" ;;
esac
done_testing

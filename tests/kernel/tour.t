#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The README's tour, line by line as a reader pastes it: all succeed but the unsigned load, which the
# gate refuses, and doctor, which has something to say about a guest.
# lab: one kernel will do
# shellcheck disable=SC2034 # read by guest.sh
guest_files="README.md"
. "$(dirname -- "$0")/lib/guest.sh"

tour=$(sed -n '/^```sh$/,/^```$/{/^```/d;p}' README.md)
cd /root || exit 1
commands=0
while read -r line; do
	[[ $line = keyctl-bpf* || $line = ip* ]] || continue
	commands=$((commands + 1))
	case $line in
	*xdpgeneric*) not_ok "refused: $line" bash -c "$line" ;;
	*doctor) refused 3 "" bash -c "$line" ;;
	*) accepted bash -c "$line" ;;
	esac
done <<<"$tour"
ok "the tour has its steps" test "$commands" -gt 12
done_testing

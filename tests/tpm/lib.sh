# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A swtpm of the test's own, on top of the harness of the command line.
#
#   swtpm_start       sets $swtpm: our --tpm, and what the TSS's tools call it
#   swtpm_stop        ends it; also done at the end of the test

# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"

swtpm='' swtpm_pid=''

swtpm_stop() {
	[ -z "$swtpm_pid" ] || kill "$swtpm_pid" 2>/dev/null
	[ -z "$swtpm_pid" ] || wait "$swtpm_pid" 2>/dev/null
	swtpm_pid=''
}

trap 'r=$?; swtpm_stop; cd / && rm -rf "$T"; exit $r' EXIT

swtpm_start() {
	local port i

	mkdir -p "$T/swtpm"
	for _ in 1 2 3 4 5 6 7 8; do
		port=$((20000 + RANDOM % 20000))
		swtpm socket --tpm2 --tpmstate dir="$T/swtpm" --server type=tcp,port=$port \
			--ctrl type=tcp,port=$((port + 1)) --flags not-need-init >"$T/swtpm.log" 2>&1 &
		swtpm_pid=$!
		for ((i = 0; i < 50; i++)); do
			kill -0 "$swtpm_pid" 2>/dev/null || break
			if (: <"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; then
				# shellcheck disable=SC2034 # for the test
				swtpm=swtpm:host=127.0.0.1,port=$port
				return
			fi
			sleep 0.1
		done
		swtpm_stop
	done
	diag "$(cat "$T/swtpm.log")"
	echo "Bail out! swtpm does not start"
	exit 1
}

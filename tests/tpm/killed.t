#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed at any moment of making keys and of signing, and eight at once on one embedded TPM: what is
# there is whole, and the TPM goes on.

# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "$0")/../cli/lib.sh"
need jq

times=20
[ -z "${LONG:-}" ] || times=200
tpm=(--tpm "embedded:$T/state")
object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')

kb --quiet "${tpm[@]}" key new -o first.key
kb --quiet "${tpm[@]}" cert new --key first.key --role build --name first -o first.crt
srk=$(jq -r .srk_name first.key.meta)

# How long each takes here, so that the moments are spread over all of it.
micros() {
	local start

	start=$(date +%s%N)
	"$@" >log 2>&1
	echo $((($(date +%s%N) - start) / 1000))
}

# killed MICROSECONDS CMD...: runs CMD, and kills it at a moment of that time
killed() {
	local most=$1 pid

	shift
	"$@" >log 2>&1 &
	pid=$!
	sleep "$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % (most + most / 4))))"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

new=("$KB" --quiet "${tpm[@]}" key new -o k)
sign=("$KB" --quiet "${tpm[@]}" sign "$object" --key first.key --cert first.crt -o s.o)
whole=0 gone=0 bad=0
time=$(micros "${new[@]}")
for ((i = 0; i < times; i++)); do
	rm -f k k.meta
	killed "$time" "${new[@]}"
	if [ ! -e k ]; then
		gone=$((gone + 1))
		continue
	fi
	whole=$((whole + 1))
	kb --quiet "${tpm[@]}" cert new --key k --role build --name k -o k.crt --force 2>log &&
		[ "$(jq -r .srk_name k.meta)" = "$srk" ] && continue
	bad=$((bad + 1))
	diag "$(cat log)"
done
is "$bad" 0 "key new, killed $times times: the key is usable, or not there"
diag "$whole keys were made, $gone were not"

whole=0 gone=0 bad=0
rm -f s.o
time=$(micros "${sign[@]}")
ok "an object is signed" test -e s.o
for ((i = 0; i < times; i++)); do
	rm -f s.o
	killed "$time" "${sign[@]}"
	if [ ! -e s.o ]; then
		gone=$((gone + 1))
		continue
	fi
	whole=$((whole + 1))
	kb --quiet verify s.o --cert first.crt 2>log && continue
	bad=$((bad + 1))
	diag "$(cat log)"
done
is "$bad" 0 "sign, killed $times times: the object is signed, or not there"
diag "$whole objects were signed, $gone were not"

# What has no name yet disappears with its process, unless it is just being put in the place of
# another, and there is no other here.
is "$(find . -name '.keyctl-bpf.*' | wc -l)" 0 "no temporary file stays"
rm -f s.o
ok "the first key still signs" "${sign[@]}"
ok "and its signature verifies" kb verify s.o --cert first.crt
is "$(kb "${tpm[@]}" tpm show --json | jq -r .result.lockout.failed_tries)" 0 "no PIN is counted as tried"

# Eight at once, on a TPM that none of them finds.
pids=() failed=0
for i in 1 2 3 4 5 6 7 8; do
	"$KB" --quiet --tpm "embedded:$T/shared" key new -o "k$i" 2>"log$i" &
	pids+=($!)
done
for i in "${!pids[@]}"; do wait "${pids[i]}" || failed=$((failed + 1)); done
is "$failed" 0 "eight processes make keys at once"
[ "$failed" = 0 ] || diag "$(cat log?)"
is "$(for i in 1 2 3 4 5 6 7 8; do jq -r .srk_name "k$i.meta"; done | sort -u | wc -l)" 1 \
	"all under one storage root key"
is "$(for i in 1 2 3 4 5 6 7 8; do jq -r .public_hash "k$i.meta"; done | sort -u | wc -l)" 8 \
	"and each its own"
pids=() failed=0
for i in 1 2 3 4 5 6 7 8; do
	"$KB" --quiet --tpm "embedded:$T/shared" cert new --key "k$i" --role build --name "k$i" \
		-o "c$i" 2>"log$i" &
	pids+=($!)
done
for i in "${!pids[@]}"; do wait "${pids[i]}" || failed=$((failed + 1)); done
is "$failed" 0 "eight sign with them at once"
[ "$failed" = 0 ] || diag "$(cat log?)"

# Eight at once for one name, by keys that need no TPM to be made: the pair that stays is a pair.
# at_once ARG...: makes "one", eight times; sets $made to those that say they did
at_once() {
	local i

	pids=() made=0
	for i in 1 2 3 4 5 6 7 8; do
		"$KB" --quiet key new --form file -o one "$@" 2>"log$i" &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do wait "${pids[i]}" && made=$((made + 1)); done
}
bad=0
for ((i = 0; i < times; i++)); do
	rm -f one one.meta
	at_once
	[ "$made" = 1 ] && kb key show one --json | jq -e .result.public_hash >one.hash &&
		[ "$(cat one.hash)" = "$(jq .public_hash one.meta)" ] || bad=$((bad + 1))
done
is "$bad" 0 "eight make one key at once: one does, and its sidecar is beside it"
bad=0
for ((i = 0; i < times; i++)); do
	at_once --force
	kb --quiet cert new --key one --role build --name one -o one.crt --force 2>log && [ "$made" = 8 ] &&
		[ -e one.meta ] || bad=$((bad + 1))
done
is "$bad" 0 "eight replace one key at once: the last one's sidecar is beside the last one's key"

done_testing

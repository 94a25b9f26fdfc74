#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The signing log: what is not in it does not exist, whatever fails, and nothing is ever lost of it.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl strace

object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
cp "$object" one.o
cp "$(dpkg -L libxdp1 | grep -m1 'xdpdump_xdp\.o$')" two.o
kb --quiet key new --form file --alg rsa2048 -o k.pem 2>/dev/null
kb --quiet cert new --key k.pem --role build --name builder -o k.crt
k=(--key k.pem --cert k.crt)

last() {
	tail -n 1 log | jq -r "$1"
}

lines() {
	wc -l <"${1:-log}"
}

sha() {
	sha256sum "$1" | cut -d' ' -f1
}

ok 'sign with a log' kb sign one.o "${k[@]}" --log log
is "$(stat -c %a log)" 600 'made for its owner only'
is "$(lines)" 1 'one line'
is "$(last '[.schema, .result, .kind, .input, .output, .key, .program] | join(" ")')" \
	'1 signed object one.o one.signed.o k.pem keyctl-bpf' 'what, with what'
is "$(last '.input_sha256, .output_sha256')" "$(sha one.o; sha one.signed.o)" 'digests before and after'
is "$(last .certificate)" "$(openssl x509 -in k.crt -outform DER | sha256sum | cut -d' ' -f1)" 'the certificate'
is "$(last .public_hash)" "$(jq -r .public_hash k.pem.meta)" 'the key'
is "$(last '.uid, .host')" "$(id -u; hostname)" 'who and where'
like "$(last .time)" '^20[0-9-]+T[0-9:]+Z$' 'when'
ok 'a dry run' kb sign one.o "${k[@]}" --log log --dry-run --out dry.o
is "$(lines)" 1 'is not in it'
ok 'a dry run' kb sign one.o "${k[@]}" --log other --dry-run --out dry.o
absent other dry.o
ok 'several objects' kb sign one.o two.o "${k[@]}" --log log --force
is "$(lines)" 3 'a line each'
ok 'raw bytes' kb sign --raw one.o "${k[@]}" -o raw.p7s --log log
is "$(last '.kind, .output')" $'raw\nraw.p7s' 'are in it'
ok 'resign' kb resign one.signed.o "${k[@]}" --in-place --log log
is "$(last '.kind, .input')" $'object\none.signed.o' 'is in it'
printf -v odd 'od"d\n\xff.o'
cp one.o "$odd"
ok 'an odd name' kb sign "$odd" "${k[@]}" --out odd.o --log log
is "$(last .input)" 'od"d\x0a\xff.o' 'stays on one line'

# A line that cannot be written: no output.
n=$(lines)
refused 1 "cannot open the log 'no/log'" kb sign one.o "${k[@]}" --out n.o --log no/log
like "$err" 'hint: .*not logged must not exist' 'and says why'
refused 1 'not a regular file' kb sign one.o "${k[@]}" --out n.o --log /dev/full
refused 1 "cannot open the log '.'" kb sign one.o "${k[@]}" --out n.o --log .
ln -s log link
refused 1 "cannot open the log 'link'" kb sign one.o "${k[@]}" --out n.o --log link
cp log open && chmod 666 open
refused 3 "everybody may write to the log 'open'" kb sign one.o "${k[@]}" --out n.o --log open
absent n.o
small() {
	(ulimit -f 1 && "$KB" "$@")
}
head -c 1000 /dev/zero | tr '\0' x >full && echo >>full
refused 1 "cannot write the log 'full'" small sign --raw k.crt "${k[@]}" --out n.o --log full
absent n.o
is "$(stat -c %s full)" 1001 'and nothing of the line stays'
injected() {
	strace -qq -f -o trace -e trace=write,fsync,linkat -e inject="$1" "$KB" "${@:2}"
}
if strace -qq -o /dev/null true 2>/dev/null; then
	export ASAN_OPTIONS=detect_leaks=0
	refused 1 'cannot write the log' injected fsync:error=EIO:when=1 sign one.o "${k[@]}" --out n.o --log log
	absent n.o
	run injected linkat:signal=KILL:when=1 sign one.o "${k[@]}" --out n.o --log log
	is "$rc" 137 'killed when the output is about to appear'
	absent n.o
	is "$(last '.result, .output')" $'signed\nn.o' 'the line is there before it'
else
	skip 5 'strace does not work here'
fi

# An output that cannot be written is corrected.
n=$(lines)
refused 1 'no/such' kb sign one.o "${k[@]}" --out no/such --log log
is "$(lines)" $((n + 2)) 'two lines'
is "$(last '[.result, .error, .output] | join(" ")')" 'failed E_NOT_FOUND no/such' 'the second says that it failed'

# What a crash left.
printf '{"schema": 1, "ti' >>log
ok 'a line after a piece of one' kb sign --raw one.o "${k[@]}" -o raw.p7s --force --log log
is "$(last .result)" signed 'stands by itself'

# Many at once.
for i in $(seq 8); do
	kb --quiet sign --raw one.o "${k[@]}" -o "many$i" --log many &
done
wait
is "$(lines many)" 8 'eight processes, eight lines'
is "$(jq -r .output many | sort | tr '\n' ' ')" "$(printf 'many%d ' $(seq 8))" 'each whole'


done_testing

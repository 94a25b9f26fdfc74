#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys that others protected: passphrases by file, descriptor and terminal, PKCS#12, key import.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl python3

umask 077
object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
echo 'a word of mine' >word
echo 'another word' >wrong
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem 2>/dev/null
openssl genrsa -out rsa.pem 2048 2>/dev/null
openssl pkcs8 -topk8 -in plain.pem -v2 aes-256-cbc -passout file:word -out pkcs8.pem
openssl ec -in plain.pem -aes256 -passout file:word -out ec.pem 2>/dev/null
openssl rsa -in rsa.pem -aes256 -traditional -passout file:word -out traditional.pem 2>/dev/null
kb --quiet cert new --key plain.pem --role build --name mine -o mine.crt 2>/dev/null
openssl pkcs12 -export -inkey plain.pem -in mine.crt -passout file:word -out key.p12
openssl pkcs12 -export -inkey plain.pem -in mine.crt -passout pass: -out empty.p12
openssl pkcs12 -export -inkey plain.pem -nocerts -passout file:word -out bare.p12
openssl pkcs12 -export -inkey plain.pem -in mine.crt -passout file:word -legacy -out legacy.p12 2>/dev/null
cat mine.crt plain.pem >both.pem

hash_of() {
	openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -d' ' -f1
}

# alone ARG...: us without a controlling terminal
alone() {
	setsid -w "$KB" "$@" </dev/null
}

# --- every form, each way

for k in pkcs8.pem ec.pem key.p12; do
	run kb key show $k --passphrase-file word --json
	json .result.public_hash "$(hash_of plain.pem)" "$k by file"
	json .result.passphrase true "$k: is said to have a passphrase"
	run kb key show $k --passphrase-fd 7 7<word
	is "$rc" 0 "$k by descriptor"
	refused 3 "cannot read key '$k': the passphrase is wrong" kb key show $k --passphrase-file wrong
	refused 2 'needs a passphrase, and there is no terminal' alone key show $k
	like "$err" 'hint: .*--passphrase-file FILE or --passphrase-fd N' "$k: and the sentence names the options"
done
run kb key show traditional.pem --passphrase-file word --json
json '.result.algorithm, .result.format' $'rsa2048\npem' 'the older form, RSA'
run kb key show key.p12 --passphrase-file word --json
json '.result.format, .result.sidecar' $'pkcs12\nfalse' 'PKCS#12'
is "$err" '' 'which nobody expects a sidecar of'
run alone key show empty.p12 --json
json '.result.passphrase, .result.format' $'false\npkcs12' 'PKCS#12 with the empty passphrase: nobody is asked'
run kb key show both.pem --json
json .result.public_hash "$(hash_of plain.pem)" 'a certificate in front of the key'
refused 4 'legacy' kb key show legacy.p12 --passphrase-file word
head -c 300 key.p12 >cut.p12
refused 1 'not a private key in PEM or PKCS#12' kb key show cut.p12 --passphrase-file word
{ cat key.p12; echo; } >longer.p12
refused 1 'something follows the PKCS#12 data' kb key show longer.p12 --passphrase-file word

run kb key show key.p12 --passphrase-fd 0 <<<'a word of mine'
is "$rc" 0 'descriptor 0 is standard input'
printf 'a word of mine\nrest\n' >two
run bash -c 'exec 8<two; "$0" key show key.p12 --passphrase-fd 8 && cat <&8' "$KB"
like "$out" 'rest$' 'of a descriptor nothing but the line is read'

# --- the file and the descriptor

cp word open
chmod 640 open
refused 3 "private file 'open' has mode 0640" kb key show key.p12 --passphrase-file open
refused 1 'more than one line' kb key show key.p12 --passphrase-file two
refused 1 'No such file' kb key show key.p12 --passphrase-file none
head -c 2000 /dev/zero | tr '\0' a >long
refused 1 'larger than|longer than' kb key show key.p12 --passphrase-file long
refused 1 'longer than' kb key show key.p12 --passphrase-fd 7 7<long
refused 2 "not by the file '-'" kb key show key.p12 --passphrase-file -
refused 2 'descriptor 77 is not open' kb key show key.p12 --passphrase-fd 77
refused 2 "not 'word'" kb key show key.p12 --passphrase-fd word
refused 2 'exclude one another' kb key show key.p12 --passphrase-file word --passphrase-fd 0
refused 2 "takes no private key and no '--passphrase-file'" kb cert show mine.crt --passphrase-file word
unlike "$(kb --help; kb key show --help)" 'passphrase TEXT|passphrase=' 'no option takes the secret itself'

# --- the terminal

cat >terminal.py <<'PY'
"""terminal.py ANSWER SIGNAL CMD...: CMD on a terminal of its own; prints what the terminal showed, then
the exit status and whether echo was on in the end."""
import os, pty, select, signal, subprocess, sys, termios, time

answer, sig, cmd = sys.argv[1], sys.argv[2], sys.argv[3:]
master, slave = pty.openpty()

def own():
    # A job in the background of a script ignores some of them.
    for s in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(s, signal.SIG_DFL)
    os.setsid()
    os.close(os.open(os.ttyname(slave), os.O_RDWR))

p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, preexec_fn=own)
shown, sent, end = b"", False, time.time() + 60
while time.time() < end:
    if select.select([master], [], [], 0.1)[0]:
        shown += os.read(master, 4096)
    if not sent and b"': " in shown and not termios.tcgetattr(slave)[3] & termios.ECHO:
        sent = True
        if sig != "-":
            p.send_signal(getattr(signal, sig))
        else:
            os.write(master, answer.encode() + b"\n")
    if p.poll() is not None and not select.select([master], [], [], 0)[0]:
        break
if p.poll() is None:
    p.kill()
echo = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
sys.stdout.write(shown.decode(errors="replace").replace("\r", ""))
print("exit=%d echo=%s asked=%d" % (p.wait(), echo, shown.count(b"Passphrase of")))
PY
on_tty() {
	python3 terminal.py "$@"
}
run on_tty 'a word of mine' - "$KB" key show key.p12
like "$out" "Passphrase of 'key.p12': " 'asked for with the name of the file'
like "$out" "$(hash_of plain.pem)" 'and taken'
unlike "$out" 'a word of mine' 'it is not shown'
like "$out" 'exit=0 echo=True asked=1' 'the terminal is as it was'
run on_tty 'another word' - "$KB" key show key.p12
like "$out" 'the passphrase is wrong' 'a wrong one is told'
like "$out" 'exit=3 echo=True asked=1' 'and not asked for again'
for s in SIGINT SIGTERM SIGHUP; do
	run on_tty '' $s "$KB" key show key.p12
	like "$out" "exit=-$(kill -l $s) echo=True" "$s ends it, and the terminal is as it was"
done

# --- commands that take a key

run kb sign "$object" --key key.p12 --passphrase-file word -o p12.o --json
is "$rc" 0 'sign with PKCS#12, its certificate with it'
json .result.signer.certificate key.p12 'which the answer says'
ok 'verify' kb verify p12.o --cert mine.crt
refused 2 "no certificate comes with the key 'bare.p12'" \
	kb sign "$object" --key bare.p12 --passphrase-file word -o n.o
ok 'with --cert it signs' kb sign "$object" --key bare.p12 --cert mine.crt --passphrase-file word -o bare.o
absent n.o
refused 3 'the passphrase is wrong' kb sign "$object" --key pkcs8.pem --cert mine.crt \
	--passphrase-file wrong -o n.o
absent n.o
ok 'cert new' kb cert new --key pkcs8.pem --passphrase-file word --role anchor --name root -o root.crt
ok 'cert request' kb cert request --key traditional.pem --passphrase-file word --name leaf -o leaf.csr
ok 'cert issue' kb cert issue leaf.csr --ca root.crt --ca-key pkcs8.pem --passphrase-file word \
	--role build -o leaf.crt
ok 'the raw bytes of a file' kb sign --raw word --key ec.pem --cert mine.crt --passphrase-file word -o raw.p7s

# --- import into a file

run kb key import key.p12 --form file --passphrase-file word -o copy.pem --json
json '.result.imported, .result.passphrase, .changed' $'true\ntrue\ntrue' 'import --form file'
like "$(head -1 copy.pem)" 'BEGIN ENCRYPTED PRIVATE KEY' 'encrypted as the source was'
is "$(stat -c %a copy.pem copy.pem.meta)" $'600\n600' 'both 0600'
is "$(jq -r .public_hash copy.pem.meta)" "$(hash_of plain.pem)" 'the sidecar is of the same key'
ok 'openssl reads it with the same passphrase' openssl pkey -in copy.pem -passin file:word -noout
run kb key import rsa.pem --form file -o copy2.pem
like "$err" 'tests and migration' 'a key without passphrase stays so, with a warning'
ok 'and is the same key' cmp <(openssl pkey -in rsa.pem) <(openssl pkey -in copy2.pem)
refused 1 'exists already' kb key import rsa.pem --form file -o copy2.pem
refused 2 'are one file' kb key import rsa.pem --form file -o rsa.pem --force
refused 3 'the passphrase is wrong' kb key import key.p12 --form file --passphrase-file wrong -o n.pem
refused 2 "no key form 'pkcs11'" kb key import rsa.pem --form pkcs11 -o n.pem
openssl genrsa -out small.pem 1024 2>/dev/null
refused 3 'too small' kb key import small.pem --form file -o n.pem
openssl ecparam -name secp256k1 -genkey -noout -out koblitz.pem
refused 3 "none that kernels take" kb key import koblitz.pem --form file -o n.pem
run kb key import rsa.pem --form file -o n.pem --dry-run
is "$rc" 0 'a dry run'
absent n.pem n.pem.meta

# --- a PIN on a terminal: asked twice when it is set, because what was mistyped locks for good

# on_terminal ANSWERS ARG...: sets out
on_terminal() {
	run python3 "$top/tests/cli/ask.py" "$1" "$KB" --tpm "embedded:$T/tpm" "${@:2}"
}
said() { sed -n "s/^$1 //p" <<<"$out"; }
new=(key new --form tpm --pin -o pin.key)

on_terminal '[b"1234\n", b"1234\n"]' "${new[@]}"
is "$(said asked) $(said exit)" '2 0' 'a PIN is asked twice and set'
unlike "$out" 1234 'and not shown'
on_terminal '[b"1234\n"]' cert new --key pin.key --role build --name pin -o pin.crt
is "$(said asked) $(said exit)" '1 0' 'and once when it is used'
on_terminal '[b"4321\n"]' cert new --key pin.key --role build --name pin -o n.crt
is "$(said asked) $(said exit)" '1 3' 'a wrong one is tried once'
absent n.crt
rm -f pin.key pin.key.meta
on_terminal '[b"1234\n", b"1243\n"]' "${new[@]}"
is "$(said asked) $(said exit)" '2 3' 'two that differ'
like "$out" 'the two PINs differ' 'are said to'
like "$out" 'hint: nothing was made' 'with what to do'
absent pin.key pin.key.meta
on_terminal '[b"\x03"]' "${new[@]}"
is "$(said asked)" 1 'Ctrl-C ends the question'
is "$(said exit)" -2 'and the command'
is "$(said echo)" on 'the terminal is as it was'
absent pin.key pin.key.meta
on_terminal '[b"1234\n", b"\x04"]' "${new[@]}"
is "$(said asked)" 2 'so does the end of input, the second time too'
is "$(said exit)" 1 'which is no empty answer'
absent pin.key pin.key.meta
on_terminal '[b"\n", b"\n"]' "${new[@]}"
is "$(said exit)" 2 'an empty PIN is none'
absent pin.key pin.key.meta

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The signing agent where there is no gate: its start and its end, who may not come, what a client
# says of agents that are none. Signing itself is tests/kernel/agent.t.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need python3

client=$O/tests/kernel/agent_client
object=$(dpkg -L libxdp1 | grep -m 1 'dny_udp\.o$')
no_gate='no gate is installed|only root can see'

kb -q key new --form file -o gen.key 2>/dev/null
kb -q cert new --key gen.key --role delegated --name gen -o gen.pem
kb -q cert new --key gen.key --role loader --name gen -o loader.pem

# config [FIELD JSON]...: agent.json, with fields of its one signer replaced
config() {
	local text

	text=$(jq -n --arg d "$T" '{loader: "gen", key: "\($d)/gen.key", cert: "\($d)/gen.pem", types: ["xdp"]}')
	while [ $# -gt 0 ]; do
		text=$(jq --arg k "$1" --argjson v "$2" '.[$k] = $v' <<<"$text")
		shift 2
	done
	jq -n --argjson s "$text" '{schema: 1, signers: [$s]}' >agent.json
}

config
refused 2 'say what to do: --sign' kb agent
refused 2 "takes an absolute path" kb agent --sign -c agent.json --socket sock
refused 1 "cannot use the agent's configuration '.*/none'" kb agent --sign -c "$T/none"
chmod 666 agent.json
refused 3 "mode 0666: others can change it" kb agent --sign -c agent.json
chmod 644 agent.json
mkdir open && cp agent.json open && chmod 777 open
refused 3 "'open' has mode 0777: others can change it" kb agent --sign -c open/agent.json
config pin '"1234"'
refused 1 "signer of 'gen': a field 'pin' has no meaning" kb agent --sign -c agent.json
config types '["warp"]'
refused 1 "'warp' in 'types' is no type" kb agent --sign -c agent.json
config key '"gen.key"'
refused 1 "neither an absolute path" kb agent --sign -c agent.json
config cert "\"$T/loader.pem\""
refused 3 "signer of 'gen': cannot sign with key .*roles build and delegated" kb agent --sign -c agent.json
config key "\"$T/none.key\""
refused 1 "signer of 'gen'" kb agent --sign -c agent.json
absent "$T/sock"

# start [ARG...]: the agent, until it listens
start() {
	: >agent.err
	"$KB" agent --sign -c "$T/agent.json" --socket "$T/sock" --json "$@" >agent.out 2>agent.err &
	agent=$!
	for _ in {1..100}; do
		grep -q ready agent.err && break
		sleep 0.1
	done
}

config
exec 7<"$KB"
start
exec 7<&-
ok "it listens" test -S sock
is "$(stat -c %a sock)" 700 "for its user only"
is "$(find "/proc/$agent/fd" -lname "$KB" | wc -l)" 0 "an inherited descriptor is closed"
refused 1 "an agent is serving '.*sock' already" kb agent --sign -c agent.json --socket "$T/sock"

run "$client" sign "$T/sock" 5000 "$object"
is "$rc" 3 "nobody is served without a gate"
like "$out" "E_AGENT: cannot sign 'generated': the signing agent refused: ($no_gate)" "for that reason"
like "$(<agent.err)" "<4>refused for process [0-9]+: E_(NO_GATE|PRIVILEGE): ($no_gate)" "which the log has"

# A hundred at once, who say nothing, half a message, and nonsense.
cat >crowd.py <<'E2'
import socket, sys
def come():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(20)
    return s
crowd = [come() for _ in range(100)]
for i, s in enumerate(crowd):
    try:
        s.sendall([b"", b"KBPA", b"GET / HTTP/1.0\r\n" * 64][i % 3])
    except (BrokenPipeError, ConnectionResetError):
        pass
def hear(s):
    said = b""
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            return said
        if not more:
            return said
        said += more
said = [hear(s) for s in crowd]
print(len(said), sum(x[:8] == b"KBPA\0\1\0\5" for x in said))
E2
run python3 crowd.py "$T/sock"
is "$out" "100 100" "a hundred connections: each is refused in words"
ok "and the agent lives" kill -0 "$agent"
is "$(find "/proc/$agent/fd" -lname 'socket:*' | wc -l)" 1 "with nobody left"

kill -9 "$agent"
wait "$agent" 2>/dev/null
ok "killed, it leaves its socket" test -S sock
run "$client" sign "$T/sock" 5000 "$object"
is "$rc" 4 "where nobody answers"
like "$out" "E_NO_AGENT: cannot sign 'generated': no signing agent at '.*sock'" "as the client says"
like "$out" "hint: start it: keyctl-bpf-agent --sign" "with what to do"
start --log sign.log
ok "a new agent takes it over" test -S sock
kill "$agent"
wait "$agent"
is "$?" 0 "it ends well at SIGTERM"
out=$(<agent.out)
is_envelope "its answer"
json '.result | keys | join(" ")' "busy connections refused signatures" "has its counts"
absent sock

echo nothing >sock
refused 3 "is there and is no socket" kb agent --sign -c agent.json --socket "$T/sock"
is "$(<sock)" nothing "what is no socket stays"
rm sock

# Passphrases come once, at the start.
echo secret >pass && chmod 600 pass
kb -q key import gen.key --passphrase-file pass --encrypt -o enc.key 2>/dev/null ||
	openssl pkcs8 -topk8 -in gen.key -v2 aes-256-cbc -passout file:pass -out enc.key
chmod 600 enc.key
config key "\"$T/enc.key\""
refused 2 "" kb agent --sign -c agent.json --socket "$T/sock" </dev/null
exec 8<pass
start --passphrase-fd 8
exec 8<&-
like "$(<agent.err)" ready "a passphrase by descriptor"
kill "$agent"
wait "$agent"
config

# Keys of a TPM: used there, and unsealed for the agent's run.
kb -q key new --form tpm --tpm "embedded:$T/tpm" -o tpm.key
kb -q cert new --key tpm.key --tpm "embedded:$T/tpm" --role delegated --name gen -o tpm.pem
kb -q key new --form sealed --recovery gen.pem --recovery-key gen.key --tpm "embedded:$T/tpm" -o sealed.key
kb -q cert new --key sealed.key --tpm "embedded:$T/tpm" --role delegated --name gen -o sealed.pem
for form in tpm sealed; do
	config key "\"$T/$form.key\"" cert "\"$T/$form.pem\""
	start --tpm "embedded:$T/tpm"
	like "$(<agent.err)" "ready, with keys for 1" "a key of the form $form"
	kill "$agent"
	wait "$agent"
done
refused 4 "does not exist" kb agent --sign -c agent.json --socket "$T/sock" --tpm "embedded:$T/none"
config

# A service manager's socket.
cat >activate.py <<'E2'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if sys.argv[2] == "3" else socket.SOCK_DGRAM)
s.bind(sys.argv[1])
if sys.argv[2] == "3":
    s.listen(8)
os.dup2(s.fileno(), 3)
if s.fileno() != 3:
    s.close()
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.execv(sys.argv[3], sys.argv[3:])
E2
: >agent.err
python3 activate.py "$T/given" 3 "$KB" agent --sign -c "$T/agent.json" >agent.out 2>agent.err &
agent=$!
for _ in {1..100}; do
	grep -q ready agent.err && break
	sleep 0.1
done
run "$client" sign "$T/given" 5000 "$object"
like "$out" "E_AGENT: .*($no_gate)" "it answers at a socket that it was handed"
kill "$agent"
wait "$agent"
ok "whose name is not its own" test -S given
refused 2 "no listening Unix stream socket" python3 activate.py "$T/dgram" 2 "$KB" agent --sign -c "$T/agent.json"
refused 2 "which\?" python3 activate.py "$T/both" 3 "$KB" agent --sign -c "$T/agent.json" --socket "$T/sock"
run env LISTEN_PID=1 LISTEN_FDS=1 "$KB" agent --sign -c none --socket "$T/sock"
is "$rc" 1 "what was meant for another process does not count"

# Agents that are none.
cat >agent.py <<'E2'
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    say = sys.argv[2].encode().decode("unicode_escape").encode("latin1")
    c.sendall(say)
    if say != b"":
        c.close()
    else:
        time.sleep(60)
E2
# against BYTES CODE RE NAME: what the client makes of an agent that says so
against() {
	local pid

	rm -f fake
	python3 agent.py "$T/fake" "$1" >fake.out &
	pid=$!
	until [ -s fake.out ]; do sleep 0.1; done
	run "$client" sign "$T/fake" 700 "$object"
	like "$out" "$2: cannot sign 'generated': $3" "$4"
	kill "$pid"
	wait "$pid" 2>/dev/null
	: >fake.out
}
against '' E_BUSY "the signing agent at '.*fake' did not answer in time" "one that is silent"
against 'x' E_NO_AGENT "the signing agent at '.*fake' has closed the connection" "one that goes away"
against 'HTTP/1.1 200 OK\r\n' E_FORMAT "what answers at '.*fake' is no signing agent" "another server"
against 'KBPA\x00\x02\x00\x01\x00\x00\x00\x00' E_NO_SUPPORT "the signing agent at '.*fake' speaks version 2, this program 1" \
	"a later one"
against 'KBPA\x00\x01\x00\x01\x00\x00\x00\x00' E_FORMAT "the signing agent at '.*fake' sent a malformed answer" \
	"a malformed greeting"
against 'KBPA\x00\x01\x00\x05\x00\x00\x00\x0d\x00\x00\x00\x01\x00\x00\x00\x01x\x00\x00\x00\x00' E_BUSY \
	"the signing agent refused: x" "one that is busy for too long"
against 'KBPA\x00\x01\x00\x01\x00\x00\x00\x0a\x00\x00\x00\x01a\x00\x00\x00\x01c' E_FORMAT "the certificate that '.*fake' sent" \
	"one whose certificate is none"
run "$client" sign "$T/$(printf '%0120d' 0)" 700 "$object"
like "$out" "E_USAGE: .*too long for a socket" "a path that is too long"

ln -s "$KB" keyctl-bpf-agent
refused 2 'say what to do: --sign' ./keyctl-bpf-agent
run ./keyctl-bpf-agent --version
like "$out" "^keyctl-bpf " "it goes by its own name, too"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the process makes of itself before it does anything: one test for each item.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need strace

# The leak detector of a sanitizer cannot work in a traced process.
export ASAN_OPTIONS=detect_leaks=0

# traced CALLS ARG...: run with a trace of CALLS in $trace. The tracer is told to follow children.
traced() {
	local calls=$1

	shift
	run strace -f -s 256 -e trace="$calls" -o trace "$KB" "$@"
	trace=$(<trace)
}

# before RE RE NAME: both are in the trace, and the first is before the second
before() {
	local a b

	a=$(grep -nE -m1 -- "$1" trace | cut -d: -f1)
	b=$(grep -nE -m1 -- "$2" trace | cut -d: -f1)
	ok "$3" test "${a:-0}" -gt 0 -a "${a:-0}" -lt "${b:-999999}"
}

traced all explain E_IO
is "$rc" 0 "a traced run works"
like "$trace" 'umask\(077\)' "umask 077"
like "$trace" 'prctl\(PR_SET_DUMPABLE, (SUID_DUMP_DISABLE|0)' "not dumpable"
like "$trace" 'RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}' "no core files"
like "$trace" 'close_range\(3, 4294967295, CLOSE_RANGE_CLOEXEC\) += 0' "descriptors close on exec"
like "$trace" 'rt_sigaction\(SIGPIPE, \{sa_handler=SIG_IGN' "SIGPIPE ignored"
before 'umask\(077\)' 'close_range' "the mask comes first"
before 'PR_SET_DUMPABLE' 'write\(1,' "core dumps are off before anything is answered"

# The same seen from outside, while the process waits for its input.
ulimit -c unlimited 2>/dev/null || diag "the core limit cannot be raised here"
mkfifo fifo
exec 9<>fifo 8<"$KB"
"$KB" cert show - <fifo 9<&- >live.out 2>&1 &
live=$!
# It ignores SIGXFSZ, bit 24, as its last step; until its exec it is a shell that does not.
for _ in {1..100}; do
	grep -qE '^SigIgn:.*[13579bdf][0-9a-f]{6}$' "/proc/$live/status" 2>/dev/null && break
	sleep 0.1
done
status=$(cat "/proc/$live/status")
like "$status" $'Umask:\t0077' "live: the mask is 077"
like "$(cat "/proc/$live/limits")" 'Max core file size +0 +0 ' "live: no core files, for good"
ignored=$((0x$(sed -n 's/^SigIgn:\t//p' <<<"$status")))
is $((ignored >> 12 & 1)) 1 "live: SIGPIPE is ignored"
is "$(sed -n 's/^flags:\t//p' "/proc/$live/fdinfo/8")" 02100000 \
	"live: an inherited descriptor will close on exec"
kill -ABRT "$live"
wait "$live" 2>/dev/null
is "$?" 134 "live: ended by a signal that dumps core"
is "$(find . -name 'core*')" '' "live: there is no core"
exec 9<&- 8<&-

# Closed standard descriptors become /dev/null, so that no file gets their numbers.
run bash -c 'strace -o trace -e trace=openat,open "$0" --version <&- >&- 2>&-' "$KB"
trace=$(<trace)
is "$(grep -c '"/dev/null".* = [012]$' trace)" 3 "closed descriptors 0 to 2 are opened"
run bash -c 'strace -o trace -e trace=openat,open "$0" --version 2>&-' "$KB"
is "$(grep -c '"/dev/null".* = 2$' trace)" 1 "a closed descriptor 2 is opened, the others stay"
like "$out" '^keyctl-bpf' "and the answer goes where it belongs"

# Without a reader the answer cannot be written; the command says so instead of dying.
run bash -c 'exec 3>&1; { "$0" explain; echo "$?" >rc; } | true' "$KB"
sleep 0.2
is "$(cat rc)" 1 "a closed pipe: exit 1, not a signal"

# Environment: nothing of it gets through to a child or a library.
export OPENSSL_CONF=$T/evil.cnf OPENSSL_MODULES=$T TSS2_LOG=all+trace TSS2_LOGFILE=$T/tss.log
export LIBBPF_STRICT=1 TZ=America/New_York LANG=de_DE.UTF-8 POSIXLY_CORRECT=1
printf 'openssl_conf = broken\n[broken\n' >evil.cnf
traced openat,open,execve explain E_IO
unlike "$trace" 'evil\.cnf' "OPENSSL_CONF is not followed"
run kb explain ENOKEY --load
is "$rc" 0 "POSIXLY_CORRECT does not end the options"
absent tss.log

# No OpenSSL configuration file at all, where OpenSSL is used.
run kb key new --alg p256 --form file -o key.pem
is "$rc" 0 "a key is made under a hostile environment"
traced openat,open,execve key show key.pem
is "$rc" 0 "and shown"
unlike "$trace" 'openssl\.cnf|evil\.cnf' "no OpenSSL configuration is read"
unlike "$trace" '\.popt|/etc/popt' "no popt configuration is read"
unset OPENSSL_CONF OPENSSL_MODULES TSS2_LOG TSS2_LOGFILE LIBBPF_STRICT POSIXLY_CORRECT

run kb cert new --key key.pem --role build --name hygiene -o cert.pem
is "$rc" 0 "a certificate is made"
run kb cert show cert.pem --json
json '.result | tostring | test("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")' true "times are UTC"
unset TZ LANG

# Modes: 0600 whatever the caller's mask is, never through a link, never over a file.
is "$(stat -c %a key.pem)" 600 "a private key is 0600"
(umask 0; kb key new --alg p256 --form file -o open.pem) 2>/dev/null
is "$(stat -c %a open.pem)" 600 "also when the caller's mask is 0"
ln -s "$T/elsewhere.pem" link.pem
run kb key new --alg p256 --form file -o link.pem
is "$rc" 1 "a link is not written through"
absent elsewhere.pem
cp key.pem copy.pem
refused 1 "exist" kb key new --alg p256 --form file -o key.pem
ok "and it is what it was" cmp key.pem copy.pem
chmod 644 copy.pem
refused 3 "copy.pem" kb key show copy.pem
chmod 600 copy.pem

# No space for a file leaves nothing behind. (The limit would bind the file of stderr too.)
run bash -c '(ulimit -f 0; exec "$0" key new --alg p256 --form file -o full.pem 2>&1) | cat
	exit "${PIPESTATUS[0]}"' "$KB"
is "$rc" 1 "no space: exit 1"
like "$out" "^keyctl-bpf: .*'full.pem.*: File too large" "no space: the file and the cause"
absent full.pem full.pem.meta
is "$(find . -name '*full*' | wc -l)" 0 "no temporary file either"

# Secrets do not appear on the command line: no option takes one as its value.
while IFS=$'\t' read -r noun verb _; do
	# shellcheck disable=SC2086 # a noun and a verb are two words
	kb ${noun#-} $verb --dump-options
done < <(kb --dump-commands) >options
is "$(awk -F'\t' '$1 ~ /(^|-)(pin|password|passphrase|secret)$/ && $3 !~ /^(-|FILE|FD|DIR)$/' options)" '' \
	"no option carries a secret"

# SIGINT while a progress bar stands on the terminal: the line is cleared, the signal still ends
# the process, and nothing half-written stays.
cat >on_terminal.py <<'END'
import os, pty, signal, sys, time
pid, fd = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background ignores it
    os.execv(sys.argv[1], sys.argv[1:])
seen, sent, end = b"", False, time.time() + 60
while time.time() < end:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    seen += data
    if not sent and b"] " in seen:
        os.kill(pid, signal.SIGINT)
        sent = True
_, status = os.waitpid(pid, 0)
print("bar" if sent else "no bar", status & 127, "clear" if seen.endswith(b"\r\x1b[K") else seen[-99:])
END
mkdir many
for i in $(seq 150); do cp "$O/lib/bpf/reader.bpf.o" "many/$i.bpf.o"; done
kb key new --alg rsa4096 --form file -o slow.pem >/dev/null 2>&1
kb cert new --key slow.pem --role build --name slow -o slow.crt >/dev/null
run python3 on_terminal.py "$KB" sign many/*.bpf.o --in-place --key slow.pem --cert slow.crt
is "$out" "bar 2 clear" "SIGINT clears the progress bar and ends the process"
is "$(find many -type f ! -name '*.bpf.o')" '' "SIGINT leaves no temporary file"

# Set-user-id use is refused, by ids; only root can arrange for it.
if grep -q __asan_init "$KB"; then
	skip 4 "a sanitizer does not run set-user-id"
elif [ "$(id -u)" = 0 ]; then
	cp "$KB" setid
	chown nobody setid
	chmod 4755 setid
	mount=$(stat -f -c %T . 2>/dev/null)
	chmod 755 "$T"
	if findmnt -no OPTIONS -T . | grep -q nosuid; then
		skip 4 "$T ($mount) is mounted nosuid"
	else
		refused 4 "set-user-id and set-group-id use is refused" ./setid --version
		is "$out" '' "and nothing is answered"
		run ./setid --json --version
		is_envelope "its JSON answer"
		chmod 2755 setid
		chgrp nogroup setid
		chmod 2755 setid
		refused 4 "set-user-id and set-group-id use is refused" ./setid --version
	fi
	rm -f setid
else
	skip 4 "needs root to make a set-user-id program"
fi

done_testing

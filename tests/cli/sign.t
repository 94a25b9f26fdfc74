#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sign: what it makes, what it refuses and why, and that it depends on nothing of this machine.

# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"
need clang strace openssl jq readelf

bpf=$(dirname "$(dpkg -L libxdp1 | grep -m1 '\.o$')")
one=$bpf/xsk_def_xdp_prog.o
k=(--key k.pem --cert k.crt)

# Deterministic signatures where files are compared.
kb --quiet key new --form file --alg rsa2048 -o k.pem 2>/dev/null
kb --quiet cert new --key k.pem --role build --name build -o k.crt
kb --quiet key new --form file -o other.pem 2>/dev/null
kb --quiet cert new --key other.pem --role loader --name loader -o loader.crt
cp "$bpf"/*.o .

# bpf NAME: compiles the C on standard input to NAME.o
bpf() {
	{
		echo '#include <linux/bpf.h>'
		echo '#include <bpf/bpf_helpers.h>'
		cat
		echo 'char _license[] SEC("license") = "GPL";'
	} >"$1.c"
	clang -target bpf -mcpu=v3 -O2 -g -I"/usr/include/$(cc -print-multiarch)" -c "$1.c" -o "$1.o"
}

# no RE ARG...: sign refuses (3) with this sentence and leaves nothing
no() {
	local re=$1

	shift
	refused 3 "$re" kb sign "$@" "${k[@]}" -o no.signed
	absent no.signed
}

# What it makes.
ok "all 15 objects of libxdp1 sign in one call" kb sign ./*.o "${k[@]}"
is "$(find . -name '*.signed.o' | wc -l)" 15 "each beside its original"
ok "readelf reads a signed object" readelf -SW xsk_def_xdp_prog.signed.o
like "$(readelf -SW xsk_def_xdp_prog.signed.o 2>&1)" "\.keyctl_bpf\.sig_file" "with our sections"
unlike "$(readelf -a xsk_def_xdp_prog.signed.o 2>&1 >/dev/null)" "." "and complains of nothing"
is "$(cmp -n "$(stat -c %s "$one")" "$one" xsk_def_xdp_prog.signed.o | wc -l)" 1 \
	"the original bytes stay where they are, but for the header"

run kb sign xsk_def_xdp_prog.o "${k[@]}"
is "$rc" 1 "an output that exists stays"
like "$err" "'.*xsk_def_xdp_prog.signed.o' exists already" "and the sentence names it"
cp xsk_def_xdp_prog.signed.o before
ok "--force replaces it" kb sign xsk_def_xdp_prog.o "${k[@]}" --force
ok "with the same bytes" cmp before xsk_def_xdp_prog.signed.o
ok "a signed object signs again, in place" kb sign xsk_def_xdp_prog.signed.o "${k[@]}" --in-place
ok "to the same bytes" cmp before xsk_def_xdp_prog.signed.o
chmod 600 xsk_def_xdp_prog.signed.o
ok "in place" kb sign xsk_def_xdp_prog.signed.o "${k[@]}" -i
is "$(stat -c %a xsk_def_xdp_prog.signed.o)" 600 "the file's mode stays"
mkdir d
ok "into a directory" kb sign xdpdump_xdp.o xdpdump_bpf.o "${k[@]}" -o d
ok "under their names" test -f d/xdpdump_xdp.o -a -f d/xdpdump_bpf.o
ok "a dry run" kb sign xdpdump_xdp.o "${k[@]}" -o dry.o --dry-run
absent dry.o

run kb sign --json xdpdump_xdp.o "${k[@]}" -o j.o
is_envelope "sign --json"
json '.result.objects[0].output + " " + .result.objects[0].result' "j.o OK" "what became of it"
json '.changed' true "something changed"

# Many at once: one that fails does not stop the others.
echo nonsense >bad.o
run kb sign bad.o xdpdump_xdp.o "${k[@]}" -o d --force
is "$rc" 1 "one of two fails"
like "$err" "1 of 2 objects could not be signed" "and is counted"
like "$out" "bad.o .*E_FORMAT .*not an ELF file" "its row says why"
absent d/bad.o

# Raw bytes.
head -c 4096 /dev/urandom >raw
ok "raw bytes" kb sign --raw raw "${k[@]}" -o raw.der
ok "which openssl verifies" openssl cms -verify -binary -inform DER -in raw.der -content raw \
	-noverify -certfile k.crt -out /dev/null
refused 2 "needs --out FILE" kb sign --raw raw "${k[@]}"
refused 2 "must be a directory" kb sign --raw raw xdpdump_xdp.o "${k[@]}" -o x
mkdir raws
head -c 70000 /dev/urandom >raw2
run kb sign --raw raw raw2 xdpdump_xdp.o "${k[@]}" -o raws --json
is "$rc" 0 "raw bytes of many files"
json '[.result.objects[] | .output, .result] | join(" ")' \
	'raws/raw.p7s OK raws/raw2.p7s OK raws/xdpdump_xdp.o.p7s OK' "each with its answer"
for f in raw raw2 xdpdump_xdp.o; do
	ok "openssl verifies that of $f" openssl cms -verify -binary -inform DER -in "raws/$f.p7s" \
		-content "$f" -certfile k.crt -nointern -noverify -out out
done
refused 1 "1 of 2 objects could not be signed" \
	kb sign --raw raw nothing "${k[@]}" -o raws --force

# While the TPM signs one file the next is read and the last one written: what fails, fails alone.
kb --quiet --tpm embedded:tpm key new --form tpm -o tpm.key 2>/dev/null
kb --quiet --tpm embedded:tpm cert new --key tpm.key --role build --name tpm -o tpm.crt
mkdir turns taken
for i in {01..20}; do echo "file $i" >"turns/$i"; done
: >turns/05
: >turns/06
rm turns/07
echo taken >taken/11.p7s
: >turns/20
run kb --tpm embedded:tpm sign --raw turns/{01..20} --key tpm.key --cert tpm.crt -o taken --json
is "$rc" 1 "twenty files, five of which cannot be signed"
json '[.result.objects[] | select(.result != "OK") | .input, .result] | join(" ")' \
	"turns/05 E_FORMAT turns/06 E_FORMAT turns/07 E_NOT_FOUND turns/11 E_EXISTS turns/20 E_FORMAT" \
	"each has its answer"
json '[.result.objects[] | select(.reason) | .reason | test("^cannot sign .turns/[0-9]+.: [^:]+$|turns/07|exists already")] |
	all' true "and its sentence"
n=0
for i in {01..20}; do
	[ -s "taken/$i.p7s" ] || continue
	openssl cms -verify -binary -inform DER -in "taken/$i.p7s" -content "turns/$i" \
		-certfile tpm.crt -nointern -noverify -out out 2>/dev/null && n=$((n + 1))
done
is "$n" 15 "openssl verifies the others, each with its own file"
is "$(cat taken/11.p7s)" taken "the one that was there is as it was"
run kb --tpm embedded:tpm sign xdp*.o nothing.o xsk*.o --key tpm.key --cert tpm.crt -o raws --json
is "$rc" 1 "objects by the TPM, one of which is not there"
json '[.result.objects[] | select(.result != "OK") | .input] | join(" ")' nothing.o "that one alone fails"
for f in xdp*.o xsk*.o; do
	ok "$f verifies" kb verify "raws/$f" --cert tpm.crt
done

# Who may sign.
refused 3 "neither of the roles build and delegated" kb sign xdpdump_xdp.o --key other.pem --cert loader.crt -o no.o
refused 3 "cannot sign: key 'other.pem' and certificate 'k.crt': the certificate is of another key" \
	kb sign xdpdump_xdp.o --key other.pem --cert k.crt -o no.o
chmod 644 other.pem
refused 3 "other.pem" kb sign xdpdump_xdp.o --key other.pem --cert loader.crt -o no.o
absent no.o
refused 2 "no object to sign" kb sign "${k[@]}"
refused 2 "option '--key KEY' is missing|--key" kb sign xdpdump_xdp.o --cert k.crt
refused 2 "no certificate comes with the key 'k.pem'" kb sign xdpdump_xdp.o --key k.pem
refused 2 "must be a directory" kb sign xdpdump_xdp.o xdpdump_bpf.o "${k[@]}" -o file
refused 2 "two objects would become" kb sign xdpdump_xdp.o ./d/../xdpdump_xdp.o "${k[@]}" -o d
refused 1 "No such file" kb sign nothing.o "${k[@]}"

# What cannot become a loader, each with the name of what is in the way.
bpf legacy <<<'struct bpf_map_def { unsigned int type, key_size, value_size, max_entries, map_flags; };
struct bpf_map_def SEC("maps") old_map = { 1, 4, 4, 1, 0 };
SEC("xdp") int p(struct xdp_md *c) { int k = 0; return !!bpf_map_lookup_elem(&old_map, &k); }' 2>/dev/null
no "map 'old_map' is defined in the legacy way" legacy.o
bpf notype <<<'SEC("nothing_known") int untyped(void *c) { return 0; }' 2>/dev/null
no "program 'untyped' has no type" notype.o
bpf ext <<<'SEC("freplace/f") int replacing(void *c) { return 0; }' 2>/dev/null
no "program 'replacing' replaces a function" ext.o
bpf tail <<<'int f(struct xdp_md *c);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __uint(key_size, 4);
	__array(values, int(void *)); } jumps SEC(".maps") = { .values = { (void *)&f } };
SEC("xdp") int f(struct xdp_md *c) { bpf_tail_call(c, &jumps, 0); return 2; }' 2>/dev/null
no "map 'jumps' is filled with programs" tail.o
bpf ksym <<<'extern const void untyped_symbol __ksym;
SEC("raw_tp/sys_enter") int p(void *c) { return (long)&untyped_symbol & 1; }' 2>/dev/null
no "kernel symbol 'untyped_symbol' has no type" ksym.o
bpf perf <<<'struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4);
	__uint(value_size, 4); } events SEC(".maps");
SEC("xdp") int p(struct xdp_md *c) { int k = 0; return bpf_perf_event_output(c, &events, 0, &k, 4); }' 2>/dev/null
no "map 'events' has no size, so it would get the number of CPUs" perf.o
like "$err" "--set events.max_entries=N" "and the hint how to give one"
ok "with a size it signs" kb sign perf.o "${k[@]}" --set events.max_entries=8
{
	echo 'struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); } m SEC(".maps");'
	for i in $(seq 40); do
		echo "SEC(\"xdp\") int p$i(struct xdp_md *c) { int k = $i; return !bpf_map_lookup_elem(&m, &k); }"
	done
} | bpf many
no "it has 40 programs and 1 maps; a loader has room for 32 and 64" many.o

# What is frozen comes from the command line, never from this machine.
bpf frozen <<<'extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned CONFIG_HZ __kconfig;
extern _Bool CONFIG_NOT_SET __kconfig __weak;
const volatile int answer = 42;
const volatile unsigned char small;
const volatile char word[8] = "none";
SEC("xdp") int p(struct xdp_md *c)
{ return LINUX_KERNEL_VERSION + CONFIG_HZ + CONFIG_NOT_SET + answer + small + word[1]; }'
no "reads LINUX_KERNEL_VERSION, which would be this machine's" frozen.o
no "needs a value for 'CONFIG_HZ'" frozen.o --kernel-version 6.18.15
echo CONFIG_HZ=250 >config
v=(--kernel-version 6.18.15 --kconfig config)
ok "with both it signs" kb sign frozen.o "${k[@]}" "${v[@]}" -o f1.o --set answer=43 --set small=0xff --set word=hello
run kb inspect --json f1.o
json '[.result.settings[] | .name + "=" + .value] | sort | join(" ")' \
	"CONFIG_HZ=250 CONFIG_NOT_SET=n LINUX_KERNEL_VERSION=6.18.15 answer=43 small=0xff word=hello" \
	"inspect lists what was frozen"
kb --quiet inspect f1.o --extract fx
like "$(od -An -v -tx1 fx/metadata.bin | tr -d ' \n')" "0f120600" "the version is in the metadata"
refused 2 "is no number that fits variable 'small'" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set small=256
refused 2 "is no number that fits variable 'answer'" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set answer=x
refused 2 "has room for 7 characters" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set word=12345678
refused 2 "no read-only variable 'nothing'" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set nothing=1
refused 2 "no map 'nothing'" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set nothing.max_entries=1
refused 2 "'answer' is set twice" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set answer=1 --set answer=2
refused 2 "is not NAME=VALUE" kb sign frozen.o "${k[@]}" "${v[@]}" -o no.o --set answer
refused 2 "is no kernel version" kb sign frozen.o "${k[@]}" --kconfig config -o no.o --kernel-version new
absent no.o
refused 2 "was signed with 'answer=43', which would be lost" kb sign f1.o "${k[@]}" "${v[@]}" -i
cp f1.o f1.before
ok "the same settings again are fine" \
	kb sign f1.o "${k[@]}" "${v[@]}" -i --set answer=43 --set small=0xff --set word=hello
ok "and give the same bytes" cmp f1.o f1.before

# Somebody changed a signed object: signing it again would cover that up.
cp xdpdump_xdp.signed.o changed.o
printf '\x01' | dd of=changed.o bs=1 seek=600 conv=notrunc status=none
refused 3 "not what was signed" kb sign changed.o "${k[@]}" -o no.o
absent no.o

# The same bytes on every machine (fake.so: another kernel, another number of CPUs).
cat >fake.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
int uname(struct utsname *u)
{
	memset(u, 0, sizeof(*u));
	strcpy(u->sysname, "Linux");
	strcpy(u->release, "9.87.65-fake");
	return 0;
}
long sysconf(int name)
{
	long (*real)(int) = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
	return name == _SC_NPROCESSORS_CONF || name == _SC_NPROCESSORS_ONLN ? 77 : real(name);
}
int get_nprocs(void) { return 77; }
int get_nprocs_conf(void) { return 77; }
int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	va_list ap;
	int mode;
	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (strstr(path, "cpu/possible"))
		path = "possible";
	return real(path, flags, mode);
}
END
echo 0-76 >possible
ok "a shim that fakes the machine" cc -shared -fPIC -o fake.so fake.c -ldl
is "$(LD_PRELOAD=$T/fake.so uname -r) $(LD_PRELOAD=$T/fake.so nproc --all)" "9.87.65-fake 77" "works"
# The options let sanitizer builds run below it, and below strace.
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
fake() { LD_PRELOAD=$T/fake.so "$KB" "$@"; }
for o in "$bpf"/*.o perf.o frozen.o; do
	set -- "$(basename "$o" .o)" "${v[@]}"
	[ "$1" != perf ] || set -- "$@" --set events.max_entries=8
	name=$1
	shift
	mkdir -p here there
	kb --quiet sign "$o" "${k[@]}" "$@" -o "here/$name.o" --force
	fake --quiet sign "$o" "${k[@]}" "$@" -o "there/$name.o"
	ok "$name: the same object on another machine" cmp "here/$name.o" "there/$name.o"
done

# ... because it asks the machine nothing: no bpf(2), no file of the kernel's but its version.
run strace -f -o trace "$KB" sign "$bpf/xdpfilt_alw_all.o" "${k[@]}" -o traced.o
is "$rc" 0 "it runs under strace"
is "$(grep -cE '(bpf|perf_event_open|unshare|mount)\(' trace)" 0 "no system call for BPF or mounts"
is "$(grep -oE '"/(sys|boot|lib/modules)[^"]*"' trace | sort -u | tr '\n' ' ')" "" \
	"nothing below /sys, /boot and /lib/modules"
is "$(grep -oE '"/proc/[^"]*"' trace | grep -vE '/proc/(self|version_signature|sys/vm/overcommit_memory|sys/crypto)' | sort -u)" "" \
	"nothing below /proc but itself"
done_testing

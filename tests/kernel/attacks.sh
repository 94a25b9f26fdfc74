# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by attacks.t. An attack is a file attacks/NAME.sh, named by what it is about:
#
#	# What it tries, in a sentence, and the number of the hole in the design's list.
#	# record: the reasons of which one must stand in the record; or "none, WHY", where something
#	#         else than the gate refuses, or where nothing but the attempt happens
#	# control: before the gate is there, unless this line says "unsealed" (with the gate, before
#	#         it is sealed) or "after" (after the attempt)
#	# last: for what cannot be mended; of the gate only refusals are expected from then on
#	attempt()       0: the attack got what it wants; 1: it was refused; 2: it could not be tried,
#	                which is a failure of the test
#	control()       0: that is where one gets so; without it, attempt() without the gate
#	needs()         fails, with a reason, where the kernel has not got what is attacked
#
# Not among them, because no BPF program can refuse them: kexec_load, unsigned modules, memory by
# DMA, swap devices and hibernation images ('keyctl-bpf doctor' reports those), and classic BPF.
# shellcheck disable=SC2154,SC2120,SC2034 # set by gate.sh; used by the attacks

agent=/disk/agent	# the attack program as a trusted loader of socket filters
reach=$attacks/reach
evil=$attacks/evil.so
only_refuses=''

# reaches WORD CMD...: does CMD, which prints WORD=ERRNO, get through?
reaches() {
	local word=$1 v

	shift
	run "$@"
	v=$(count "$word")
	[ -n "$v" ] || { echo "$* ($rc): $out $err"; return 2; }
	[ "$v" = 0 ]
}

# unsigned [CMD...]: does CMD ATTACK-PROGRAM load what nobody signed?
unsigned() { reaches unsigned "$@" "$attack" unsigned; }
# trusted CMD...: does a trusted loader that CMD starts?
trusted() { reaches unsigned "$@" "$agent" unsigned; }
# signed_by SIG [TYPE...]: does what that signature is for load?
signed_by() { reaches signed "$attack" signed "${in:-$ring}" "$@"; }

# into WAY: does it reach into a trusted loader that runs?
into() {
	local pid r=0

	rm -f agent.in agent.out
	mkfifo agent.in
	"$agent" wait <agent.in >agent.out 2>&1 &
	exec 7>agent.in
	for _ in {1..50}; do
		[ ! -s agent.out ] || break
		sleep 0.1
	done
	pid=$(sed -n 's/^pid=//p' agent.out)
	[ -n "$pid" ] || { cat agent.out; return 2; }
	reaches reached "$reach" "$1" "$pid" || r=$?
	exec 7>&-
	kill -KILL "$pid" 2>/dev/null
	wait
	return "$r"
}

# any WORD CMD...: does one of the tries of CMD get through?
any() {
	local word=$1

	shift
	run "$@"
	grep -q "^$word=" <<<"$out" || { echo "$* ($rc): $out $err"; return 2; }
	grep -q "^$word=0" <<<"$out"
}

# carries [CMD...]: does the attacker's library in a trusted loader that CMD starts?
carries() {
	run "$@" "$agent" unsigned
	echo "$out $err"
	[ "$(count evil)" = 0 ]
}

# maps_own CMD...: does a trusted loader that CMD starts map a library of the attacker?
maps_own() {
	local pid r=1

	rm -f agent.in && mkfifo agent.in
	"$@" "$agent" wait <agent.in >agent.out 2>&1 &
	exec 7>agent.in
	for _ in {1..50}; do
		[ ! -s agent.out ] || break
		sleep 0.1
	done
	pid=$(sed -n 's/^pid=//p' agent.out)
	[ -n "$pid" ] && grep -q /run/t/evil/ "/proc/$pid/maps" && r=0
	exec 7>&-
	wait
	return $r
}

# twin FILE: another file that does the same, at the path that it prints
twin() {
	mkdir -p evil
	{ cat "$1" && printf x; } >"evil/${1##*/}" && chmod 755 "evil/${1##*/}"
	echo "evil/${1##*/}"
}

# by_format FLAGS INTERPRETER: does it, as the interpreter of a format of the attacker?
by_format() {
	local r=0 formats=/proc/sys/fs/binfmt_misc

	[ -e $formats/register ] || { modprobe -q binfmt_misc; mount -t binfmt_misc none $formats; }
	echo ":evil:E::evil::$2:$1" >$formats/register || return 2
	echo >file.evil && chmod 755 file.evil
	reaches unsigned "${target:-./file.evil}" unsigned || r=$?
	echo -1 >$formats/evil
	return "$r"
}

# probed FILE [TRACEFS]: does tracefs take a uprobe in a trusted loader?
probed() {
	(echo "p:evil $agent:0x1000" >"${2:-/sys/kernel/tracing}/$1") 2>/dev/null || return 1
	echo >"${2:-/sys/kernel/tracing}/$1"
}

# The switch that takes all trampolines away; from 7.3 on it spares them.
ftrace=/proc/sys/kernel/ftrace_enabled
has_switch() {
	case $KERNEL in 7.3 | native) echo "the switch of this kernel spares BPF"; return 1 ;; esac
}
switched_off() {
	[ "$(cat $ftrace)" = 0 ] || return 1
	echo 1 >$ftrace
}
switch_off() {
	(echo 0 >"$1") 2>/dev/null
	switched_off
}

enrol_and_load() {
	tool keyring enroll late.pem
	signed_by late.sig 31
}

allow_and_load() {
	local mine=/disk/mine.$RANDOM

	{ cat "$attack" && echo "$mine"; } >$mine && chmod 755 $mine
	tool loader allow $mine --name mine --types socket_filter
	reaches unsigned $mine unsigned
}

# naive_falls CMD...: does CMD undo a policy that holds by its pin?
naive_falls() {
	local r=0

	mkdir -p /run/pins && mount -t tmpfs none /run/pins && mkdir /run/pins/bpf &&
		mount -t bpf bpf /run/pins/bpf && "$attack" pin "$naive" naive_link /run/pins/bpf/naive >/dev/null
	unsigned && { echo "the naive policy is not in force"; return 2; }
	"$@"
	sleep 1
	unsigned || r=$?
	umount -l /run/pins 2>/dev/null
	return "$r"
}

# fresh_image NAME: of the rules that are in force, newer than the last, signed by both
fresh_image() {
	keyctl-bpf -q gate image -o "$1" --threshold 2 --force >/dev/null || return 2
	sign_image "$1" one
	sign_image "$1" two
}

# gate_says OP [INDEX]: does the gate's updater do that?
gate_says() { reaches answer "$attack" ask "$@"; }

# tool ARG...: does the administrator's own tool do it, in the attacker's hands?
tool() {
	run keyctl-bpf "$@"
	[ "$rc" = 0 ] || { echo "$err"; return 1; }
}

# image_taken NAME SIG...: does the gate take an image with these signatures?
image_taken() {
	local image=$1 key args=()

	shift
	for key; do args+=(--signature "$key"); done
	tool gate apply "$image" "${args[@]}"
}

new_role_key() {
	keyctl-bpf -q key new --form file -o "$2.key" 2>/dev/null &&
		keyctl-bpf -q cert new --key "$2.key" --role "$1" --name "$2" -o "$2.pem"
}

sign_image() {
	keyctl-bpf -q gate sign "$1" --key "$2.key" --cert "$2.pem" --out "$1.$2" --force >/dev/null
}

# mounted: what the attacks on mounts have taken away is there again, but not what was pinned
mounted() {
	while mountpoint -q /run/pins; do umount -l /run/pins; done
	[ -d /sys/kernel ] || mount -t sysfs sysfs /sys
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

# brief_key NAME SECONDS: a build key whose certificate ends so soon, at $brief_end
brief_key() {
	local now

	brief=$1 now=$(date +%s)
	brief_end=$((now + $2))
	date -s "@$((brief_end - 86400))" >/dev/null
	keyctl-bpf -q key new --form file -o "$1.key" 2>/dev/null
	keyctl-bpf -q cert new --key "$1.key" --role build --name "$1" --days 1 -o "$1.pem"
	date -s "@$now" >/dev/null
	tool keyring enroll "$1.pem" || fail "a key for a short time"
	sign_bytes "$1" tiny.bin brief.sig
}

install_gate() {
	tool gate install --self-test obj.o --type tracing && "$attack" enforce
}

# prepare: keys, trusted loaders and what else an attacker may find on a machine or bring along
prepare() {
	set_up
	for name in one two stranger; do new_role_key policy $name; done
	new_role_key loader vendor
	new_key other
	openssl x509 -in other.pem -outform DER -out other.der
	sign_bytes other tiny.bin other.sig
	mine=$(keyctl newring mine @u)
	keyctl padd asymmetric mine "$mine" <other.der >/dev/null
	keyctl padd asymmetric stray "$ring" <other.der >/dev/null
	cp "$attack" $agent
	cp "$attack" /disk/signed && echo >>/disk/signed
	cp "$attack" /disk/plain
	vouch_libraries "$attack"
	tool loader allow $agent --name agent --types socket_filter --with-libraries || fail "an agent"
	tool keyring enroll --role loader vendor.pem && tool loader allow --cert vendor.pem \
		--name vendor --types socket_filter || fail "a loader key"
	tool loader sign /disk/signed --key vendor.key --cert vendor.pem || fail "a signed loader"
	"$attack" preload "$attacks/preloader.bpf.o" /sys/fs/bpf/pre >/dev/null
	"$attack" keep "$naive" override /sys/fs/bpf/override >/dev/null
	"$attack" keep "$attacks/passer.bpf.o" passer /sys/fs/bpf/passer >/dev/null
	new_key late
	sign_bytes late tiny.bin late.sig
	brief_key brief 60
	exec 8>$ftrace
	ok "before all, a trusted loader works" trusted
}

# unsealed_gate: it enforces
unsealed_gate() {
	tool keyring enroll --role policy one.pem two.pem
	brief_key brief2 150
	tool gate install --self-test obj.o --type tracing
	ok "the gate enforces" keyctl-bpf gate mode enforce --yes-deny --accept-existing
}

# seal_gate: it enforces, two of two policy keys change it, and the attacker has signed images
seal_gate() {
	keyctl-bpf -q gate image -o old.img --threshold 2 --version 1 >/dev/null
	sign_image old.img one
	sign_image old.img two
	ok "and is sealed" keyctl-bpf gate seal --threshold 2 --yes
	ok "it took an image" image_taken old.img old.img.one old.img.two
	# So that the record can be read when all pins of the gate are gone.
	mkdir -p /run/witness && mount -t bpf none /run/witness
	ok "its updater has a witness" reaches again "$attack" again \
		/sys/fs/bpf/keyctl-bpf/gate/gate_update /run/witness/updater
	ok "a trusted loader works" trusted
	ok "and so does what is signed" signed_by tiny.sig 31
}

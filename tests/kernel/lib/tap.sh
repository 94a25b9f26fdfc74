# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# TAP for tests inside a guest (sourced by guest.sh). Each function prints one point, except
# where said; nothing here ends the test.
#
#   plan N              say first how many points there are; or done_testing at the end
#   ok NAME CMD...      CMD succeeds              not_ok NAME CMD...   CMD fails
#   is GOT WANT NAME    equal                     isnt GOT BAD NAME    different
#   like GOT RE NAME    matches (ERE)             unlike GOT RE NAME   does not
#   run CMD...          no point: sets $rc, $out and $err
#   accepted CMD...     CMD exits 0
#   refused RC RE CMD... CMD exits RC and its standard error matches RE
#   pass NAME, fail NAME, skip N REASON (N points), diag TEXT (also a sign of life)
#   skip_all REASON     ends the test: nothing of it can run here

tap_n=0
tap_planned=
tap_dir=${tap_dir:-/run}
rc=0 out='' err=''

plan() {
	tap_planned=$1
	echo "1..$1"
}

done_testing() {
	[ -n "$tap_planned" ] || plan "$tap_n"
}

diag() {
	printf '# %s\n' "${*//$'\n'/$'\n# '}"
}

pass() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - ${1//#/ }"
}

fail() {
	tap_n=$((tap_n + 1))
	echo "not ok $tap_n - ${1//#/ }"
}

skip() {
	local i

	for ((i = 0; i < $1; i++)); do
		tap_n=$((tap_n + 1))
		echo "ok $tap_n # SKIP $2"
	done
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

ok() {
	local name=$1

	shift
	run "$@"
	if [ "$rc" = 0 ]; then pass "$name"; else fail "$name" && show_run "$@"; fi
}

not_ok() {
	local name=$1

	shift
	run "$@"
	if [ "$rc" != 0 ]; then pass "$name"; else fail "$name" && show_run "$@"; fi
}

is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "     got: $1"
		diag "expected: $2"
	fi
}

isnt() {
	if [ "$1" != "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "both are: $1"
	fi
}

like() {
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "     got: $1"
		diag "no match: $2"
	fi
}

unlike() {
	if [[ ! $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "      got: $1"
		diag "unwanted: $2"
	fi
}

# Standard output and error are kept apart in files: a pipe would hide the exit code. The files
# lie in $tap_dir, by default outside /tmp because tests of guests cover that.
run() {
	rc=0
	"$@" >"$tap_dir/tap.out" 2>"$tap_dir/tap.err" || rc=$?
	out=$(tr -d "\0" <"$tap_dir/tap.out")
	err=$(tr -d "\0" <"$tap_dir/tap.err")
}

show_run() {
	diag "ran: $*"
	diag "exit: $rc"
	diag "stdout: $out"
	diag "stderr: $err"
}

accepted() {
	run "$@"
	if [ "$rc" = 0 ]; then pass "accepted: $*"; else fail "accepted: $*" && show_run "$@"; fi
}

refused() {
	local want=$1 sentence=$2

	shift 2
	run "$@"
	if [ "$rc" = "$want" ] && [[ $err =~ $sentence ]]; then
		pass "refused ($want): $*"
	else
		fail "refused ($want): $*"
		show_run "$@"
		diag "expected: exit $want, stderr matching '$sentence'"
	fi
}

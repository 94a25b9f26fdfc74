#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The runner itself: what it must not let pass.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

mkdir "$T/some"

# a_test NAME LINE...: a test whose script is those lines
a_test() {
	local name=$1

	shift
	printf '%s\n' '#!/bin/bash' "$@" >"$T/some/$name.t"
	chmod +x "$T/some/$name.t"
}

# sums NAME WANT WHAT: the runner's last line for one test, and that its exit fits
sums() {
	run env -u T O="$T/build" STALL=2 tests/run "$T/some/$1.t"
	is "${out##*$'\n'}" "$2" "$3"
	case $2 in
	*' 0 failed'*) is "$rc" 0 "$3: exit 0" ;;
	*) is "$rc" 1 "$3: exit 1" ;;
	esac
}

# lives PID: whether it still runs after a second. One that is dead but that a container's
# PID 1 never reaps is not alive, so kill -0 would not do.
lives() {
	local i state

	for i in 1 2 3 4 5 6 7 8 9 10; do
		state=$(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null)
		case $state in
		'' | [ZX]) return 1 ;;
		esac
		sleep 0.1
	done
}

a_test good 'echo 1..2' 'echo "ok 1 - a"' 'echo "ok 2 - b"'
sums good '2 passed, 0 failed, 0 skipped' "good"
a_test bad 'echo 1..2' 'echo "not ok 1 - a"' 'echo "# because"' 'echo "ok 2 - b"' 'echo oops >&2' \
	'exit 1'
sums bad '1 passed, 1 failed, 0 skipped' "a failed point"
like "$out" 'not ok 1 - a.*# because.*stderr: oops' "a failed point is shown with its reason"
cp "$T/some/bad.t" "$T/some/test_good"
run env -u T O="$T/build" tests/run -j 2 "$T/some/good.t" "$T/some/test_good"
is "${out##*$'\n'}" '3 passed, 1 failed, 0 skipped' "a script and a program of one name both count"
a_test nothing 'echo 1..0'
sums nothing '0 passed, 1 failed, 0 skipped' "a test without points"
a_test noplan 'echo "ok 1 - a"'
sums noplan '1 passed, 1 failed, 0 skipped' "no plan"
a_test short 'echo 1..2' 'echo "ok 1 - a"'
sums short '1 passed, 1 failed, 0 skipped' "fewer points than planned"
a_test twice 'echo 1..1' 'echo "ok 1 - a"' 'echo 1..1'
sums twice '1 passed, 1 failed, 0 skipped' "two plans"
a_test code 'echo 1..1' 'echo "ok 1 - a"' 'exit 3'
sums code '1 passed, 1 failed, 0 skipped' "an exit status that no point explains"
a_test crash 'echo 1..1' 'echo "ok 1 - a"' 'kill -SEGV $$'
sums crash '1 passed, 1 failed, 0 skipped' "a crash"
a_test bail 'echo "Bail out! no floor"'
sums bail '0 passed, 2 failed, 0 skipped' "bailing out"
a_test silent
sums silent '0 passed, 1 failed, 0 skipped' "silence"
a_test hang 'echo 1..1' 'echo "ok 1 - a"' "sleep 600 & echo \$! >$T/pid" 'wait'
sums hang '1 passed, 2 failed, 0 skipped' "a hang"
not_ok "a hang leaves no process" lives "$(cat "$T/pid")"
a_test skip 'echo "1..0 # SKIP no luck"'
sums skip '0 passed, 0 failed, 1 skipped' "all skipped"
like "$out" 'skipped: no luck \(1\)' "the reason of a skip is told"

run env T=no-such-test O="$T/build" tests/run lint
is "$rc" 1 "a name that fits no test: exit 1"
run env -u T O="$T/build" tests/run nonsense
is "$rc" 1 "an unknown class: exit 1"
run env -u T O="$T/build" tests/run unit
is "$rc" 1 "a class without tests: exit 1"
is "${out##*$'\n'}" '0 passed, 1 failed, 0 skipped' "a class without tests: a failure"

done_testing

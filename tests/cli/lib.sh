# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced first by every test of the command line:
#
#     . "$(dirname -- "$0")/../cli/lib.sh"
#     run kb key show nothing.pem
#     is "$rc" 1 "..."
#     refused 2 "option '--out FILE' is missing" kb key new
#     done_testing
#
# The functions are those of tests/kernel/lib/tap.sh. On top of them:
#   kb ARG...             our binary ($KB is its path)
#   json FILTER WANT NAME what jq's FILTER makes of $out, the last answer
#   is_envelope NAME      $out is one JSON object and has what every answer has
#   absent FILE...        none of the files exists: a failed command left nothing
#   need TOOL...          ends the test as skipped when a tool is missing
#   need_root             the same without root
#   $T                    a folder of the test's own; it is the current one, and goes at the end
#   $top                  the checkout, $O the build folder, both absolute

set -u

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
O=$(cd -- "$top" && realpath -m -- "${O:-build}")
KB=$O/keyctl-bpf
T=$(mktemp -d)
tap_dir=$T/.tap
mkdir "$tap_dir"

# shellcheck source=tests/kernel/lib/tap.sh
. "$top/tests/kernel/lib/tap.sh"

end_of_test() {
	local r=$?

	cd / && chmod -R u+rwx "$T" && rm -rf "$T"
	exit "$r"
}

trap end_of_test EXIT
cd "$T" || exit 1
[ -x "$KB" ] || { echo "Bail out! $KB is not built"; exit 1; }

kb() {
	"$KB" "$@"
}

json() {
	local got

	got=$(jq -r "$1" <<<"$out" 2>&1)
	is "$got" "$2" "$3"
	[ "$got" = "$2" ] || diag "answer: $out"
}

is_envelope() {
	local keys='["changed","command","error","ok","result","schema"]'
	local error='["code","exit","hint","message"]'

	json "if keys == $keys and .schema == 1 and (.ok == (.error == null)) and
	      (.ok or (.error | keys) == $error) and (.changed | type) == \"boolean\"
	      then \"envelope\" else . end" envelope "$1"
}

absent() {
	local f left=

	for f in "$@"; do
		[ -e "$f" ] || [ -L "$f" ] && left+=" $f"
	done
	is "$left" '' "nothing is left behind: $*"
}

need() {
	local tool

	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
}

need_root() {
	[ "$(id -u)" = 0 ] || skip_all "needs root"
}

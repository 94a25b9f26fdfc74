# shellcheck shell=bash
# Sourced by every host-side script of the kernel lab: where things are, and how to say that
# something is missing. It must not build, download or boot anything.

set -euo pipefail
umask 022

lab=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$lab/../../.." && pwd)
O=${O:-build}
case $O in
/*) ;;
*) O=$top/$O ;;
esac
export O

# Exit code for "this kernel cannot be had here": the runner turns it into a named skip.
readonly GONE=77
# shellcheck disable=SC2034 # lib/run
readonly DEFAULT_KERNELS="6.18 7.2 7.3"

say() { printf '%s\n' "$*" >&2; }

die() {
	say "kernel lab: $*"
	exit 1
}

gone() {
	say "kernel lab: $*"
	exit "$GONE"
}

# All series that the table of kernels has a row for, in its order.
all_kernels() {
	awk '!/^#/ && NF && !seen[$1]++ { print $1 }' "$lab/../kernels"
}

need_tool() {
	local t

	for t in "$@"; do
		command -v "$t" >/dev/null || die "no '$t' on this machine: run 'make setup'"
	done
}

# lock NAME: serialises parallel guests and parallel makes over one cache; held until the
# process ends, and closed in children so that a guest does not keep it.
lock() {
	mkdir -p "$O/lock"
	exec {lab_lock}>"$O/lock/$1"
	flock "$lab_lock"
}

unlock() {
	exec {lab_lock}>&-
}

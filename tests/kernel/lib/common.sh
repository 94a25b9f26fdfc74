# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by every host-side script of the kernel lab: where things are, and how to say that
# something is missing. It must not build, download or boot anything.

set -euo pipefail
umask 022

lab=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$lab/../../.." && pwd)
# Build products are in $O; what is costly and the same for every way of building is in $CACHE.
O=${O:-build}
CACHE=${CACHE:-build/cache}
[[ $O = /* ]] || O=$top/$O
[[ $CACHE = /* ]] || CACHE=$top/$CACHE
export O CACHE

# Exit code for "this kernel cannot be had here": the runner turns it into a named skip.
readonly GONE=77

say() { printf '%s\n' "$*" >&2; }

die() {
	say "kernel lab: $*"
	exit 1
}

gone() {
	say "kernel lab: $*"
	exit "$GONE"
}

# The series that $KERNELS asks for; "all" are those of the table of kernels, in its order. "native"
# is not one of them: it is built here, which takes long.
wanted_kernels() {
	local known k

	known=$(awk '!/^#/ && NF && !seen[$1]++ { print $1 }' "$lab/../kernels")
	if [ "${KERNELS:-}" = all ]; then
		echo "$known"
		return
	fi
	for k in ${KERNELS:-6.18 7.2 7.3}; do
		grep -qxF -- "$k" <<<"$known"$'\n'native ||
			die "no kernel '$k' in tests/kernel/kernels, only: ${known//$'\n'/ } native"
		echo "$k"
	done
}

need_tool() {
	local t

	for t in "$@"; do
		command -v "$t" >/dev/null || die "no '$t' on this machine: run 'make setup'"
	done
}

# lock NAME [-s]: serialises parallel guests and parallel makes over one cache; held until the
# process and its children end. Nothing that locks starts a guest. -s: shared with its like.
lock() {
	mkdir -p "$CACHE/lock"
	exec {lab_lock}>"$CACHE/lock/$1"
	flock "${2:--x}" "$lab_lock"
}

unlock() {
	exec {lab_lock}>&-
}

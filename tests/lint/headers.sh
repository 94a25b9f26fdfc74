#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each header compiles alone, the public ones in C++ too, and guards against a second inclusion.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

read -ra p11 < <(pkg-config --cflags p11-kit-1)
flags=(-Iinclude -I"$O/include" -I. "${p11[@]}" -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only)

# alone COMPILER... HEADER: twice, so that a missing guard shows
alone() {
	local header=${*: -1}

	printf '#include "%s"\n#include "%s"\n' "$header" "$header" >"$T/alone.c"
	"${@:1:$#-1}" "${flags[@]}" "$T/alone.c"
}

for h in $(sources 'include/*.h' 'lib/*.h' 'tpm/*.h' 'keyctl-bpf/*.h' 'tests/*.h' ':!lib/bpf'); do
	ok "$h alone" alone "${CC:-cc}" -std=gnu11 -Wno-unused-function -Wno-unused-variable "$h"
done
for h in $(sources 'include/*.h'); do
	ok "$h in C++" alone "${CLANG:-clang}" -x c++ -std=c++11 "$h"
done

done_testing

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# LD_LIBRARY_PATH gives a trusted loader another libc. Hole 14.
# record: none, the dynamic linker passes it over
attempt() {
	twin "$(grep -o '[^ ]*libelf[^ ]*' <<<"$libs" | head -n 1)" >/dev/null
	maps_own env LD_LIBRARY_PATH=/run/t/evil
}

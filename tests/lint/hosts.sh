#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing in the project depends on the machine or the mirror it was made on.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

mapfile -t files < <(sources ':!tests/lint/hosts.sh' ':!LICENSE*')

grep -nHIE '(^|[^a-zA-Z0-9_.$}/])/(home|root|work|Users)/[a-zA-Z0-9_]' "${files[@]}" |
	none "no absolute paths of a machine"
grep -nHIE '([a-z0-9-]+\.)+debian\.(org|net)|([a-z0-9-]+\.)*snapshot\.debian|archive\.ubuntu|https?://[^ ]*/debian(/|$)' \
	"${files[@]}" | none "no names of mirrors"
grep -nHIE '/tmp/w(/|$)|shared/(design|style|facts)' "${files[@]}" | none "no notes of the builders"

done_testing

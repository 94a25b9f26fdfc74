#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The version stands in include/bpfkey.h; whatever else says it says the same.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

define() {
	sed -nE "s/^#define BPFKEY_VERSION$1[ \t]+\"?([0-9.]+)\"?\$/\1/p" include/bpfkey.h
}

version=$(define '')
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' "there is a version"
is "$(define _MAJOR).$(define _MINOR).$(define _PATCH)" "$version" "its parts"
run "$O/keyctl-bpf" --version
is "$out" "keyctl-bpf $version" "the program's answer"
like "$(sed -nE 's/^PACKAGE_VERSION="?([^"]*)"?$/\1/p' keyctl-bpf/kmod/dkms.conf)" \
	"^(@VERSION@|$version)\$" "the module's package, or a place for it"
is "$(sed -nE 's/^MODULE_VERSION\("(.*)"\);/\1/p' keyctl-bpf/kmod/bpf_keyring.c)" "$version" \
	"the module"

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A TPM without resource manager has three places for objects, and others hold some. No command
# leaves anything in it, whether it succeeds or fails; verifying needs none.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_createprimary openssl

swtpm_start
export TPM2TOOLS_TCTI=$swtpm
run kb tpm show --tpm "$swtpm"
is "$rc" 0 "the TPM is there"
cp "$O/lib/bpf/reader.bpf.o" in.o

held() {
	tpm2_getcap handles-transient && tpm2_getcap handles-loaded-session
}

# leaves CODE NAME COMMAND...: it ends with CODE, and the TPM holds what it held before
leaves() {
	local want=$1 name=$2 before

	before=$(held)
	shift 2
	run "$@"
	is "$rc" "$want" "$name: exit $want"
	[ "$rc" = "$want" ] || diag "$err"
	is "$(held)" "$before" "$name: nothing is left in the TPM"
}

commands() {
	rm -f key.pem key.pem.meta cert.pem signed.o
	leaves 0 "$1: tpm show" kb tpm show --tpm "$swtpm"
	leaves 0 "$1: key new" kb key new --tpm "$swtpm" -o key.pem
	leaves 0 "$1: cert new" kb cert new --key key.pem --role build --name slots --tpm "$swtpm" -o cert.pem
	leaves 0 "$1: sign" kb sign in.o --key key.pem --cert cert.pem --tpm "$swtpm" -o signed.o
	leaves 0 "$1: reset-lockout" kb tpm reset-lockout --tpm "$swtpm"
}

openssl ecparam -name prime256v1 -genkey -noout -out soft.pem && chmod 600 soft.pem
failures() {
	leaves 4 "$1: no such algorithm" kb key new --alg rsa4096 --tpm "$swtpm" -o no.pem
	sed '5s/./A/g' key.pem >bad.pem && cp key.pem.meta bad.pem.meta && chmod 600 bad.pem*
	run kb cert new --key bad.pem --role build --name bad --tpm "$swtpm" -o bad.crt
	isnt "$rc" 0 "$1: a damaged key file"
	leaves "$rc" "$1: a damaged key file" kb cert new --key bad.pem --role build --name bad \
		--tpm "$swtpm" -o bad.crt
	absent no.pem no.pem.meta bad.crt
}

commands "an empty TPM"
failures "an empty TPM"
leaves 0 "import" kb key import soft.pem --form tpm --tpm "$swtpm" -o imported.pem

# One is somebody else's; a storage root key and a key below it fit beside it.
tpm2_createprimary -Q -C n -c one.ctx
is "$(tpm2_getcap handles-transient | wc -l)" 1 "another program holds an object"
commands "one place taken"
failures "one place taken"

# With two taken there is no room for both; that is told, and harms nobody.
tpm2_createprimary -Q -C n -c two.ctx
is "$(tpm2_getcap handles-transient | wc -l)" 2 "another program holds two objects"
leaves 0 "two places taken: tpm show" kb tpm show --tpm "$swtpm"
leaves 1 "two places taken: sign" kb sign in.o --key key.pem --cert cert.pem --tpm "$swtpm" -o no.o
like "$err" 'the TPM has no room for another key: programs have left theirs loaded' "in words"
like "$err" 'hint: use device:/dev/tpmrm0, .*tpm2_flushcontext --transient-object' "with the way out"
absent no.o
tpm2_flushcontext -t

# Who verifies needs no TPM, nor the one that signed.
swtpm_stop
ok "verify without any TPM" kb verify signed.o --cert cert.pem
refused 4 "no TPM answers" kb sign in.o --key key.pem --cert cert.pem --tpm "$swtpm" -o no.o
ok "key show, too" kb key show key.pem
ok "and cert show" kb cert show cert.pem

done_testing

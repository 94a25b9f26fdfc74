#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Key files as other programs write them, each used to sign, and those that nobody can use here told
# apart. The variants are those that were seen in use; each is built from a key that works.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need swtpm tpm2_encodeobject openssl jq python3

umask 077
swtpm_start
export TPM2OPENSSL_TCTI=$swtpm TPM2TOOLS_TCTI=$swtpm
tpm2_startup -c 2>/dev/null
attributes='fixedtpm|fixedparent|sensitivedataorigin|userwithauth'

# variant BASE [CHANGE...]: v.pem, which is BASE with other fields; CHANGE as for tss2pem.py
variant() {
	python3 "$top/tests/tpm/tss2pem.py" v.pem "$@"
}

# works NAME FILE: FILE signs a certificate for itself, which verifies
works() {
	ok "$1" kb cert new --key "$2" --role build --name x --tpm "$swtpm" -o x.crt --force
	ok "$1: it verifies" openssl verify -CAfile x.crt -partial_chain x.crt
	rm -f x.crt
}

# useless CODE PART FILE
useless() {
	refused "$1" "$2" kb cert new --key "$3" --role build --name x --tpm "$swtpm" -o never.crt
	absent never.crt
}

# tpm2_create leaves its session, too, in a TPM without a resource manager.
flush() {
	tpm2_flushcontext -t
	tpm2_flushcontext -l
}

der_of() {
	sed '/^-/d' "$1" | openssl base64 -d | sha256sum
}

true_ff=field=a0030101ff true_01=field=a003010101 false=field=a003010100
kb --quiet key new --tpm "$swtpm" -o ours.pem

variant ours.pem $true_ff
works "emptyAuth TRUE as 0xff" v.pem
is "$(der_of v.pem)" "$(der_of ours.pem)" "which is what we write, byte for byte"
variant ours.pem $true_01
works "emptyAuth TRUE as 0x01" v.pem
variant ours.pem
works "emptyAuth absent, and no PIN" v.pem
variant ours.pem $false
works "emptyAuth FALSE, and no PIN" v.pem
variant ours.pem $true_ff field=a1023000
works "an empty policy [1]" v.pem
variant ours.pem $true_ff field=a4040c026869
works "a description [4], as sbctl writes" v.pem
variant ours.pem $true_ff field=a903050100
works "a field [9] of a later draft" v.pem

variant ours.pem $true_ff oid=4
useless 4 'must be imported first' v.pem
variant ours.pem $true_ff oid=5
useless 4 'sealed data, not a signing key' v.pem
variant ours.pem $true_ff oid=6
useless 1 'unknown type' v.pem
variant ours.pem $true_ff tpmt
useless 1 'no valid TPM2B_PUBLIC' v.pem
variant ours.pem $true_ff parent=0081005555
useless 3 'no key at 0x81005555' v.pem

# A parent that stands at 0x81000001, written as a number of five bytes and of four.
tpm2_createprimary -Q -C o -g sha256 -G ecc -c srk.ctx
tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_flushcontext -t
kb --quiet key new --tpm "$swtpm" -o under.pem
variant under.pem $true_ff parent=0081000001
works "a persistent parent as a positive number" v.pem
variant under.pem $true_ff parent=81000001
works "as a negative one" v.pem

# tpm2_encodeobject says FALSE of keys without PIN.
tpm2_create -Q -C 0x81000001 -G ecc -a "$attributes|sign|noda" -u enc.pub -r enc.priv
tpm2_encodeobject -C 0x81000001 -u enc.pub -r enc.priv -o enc.pem
chmod 600 enc.pem
flush
like "$(openssl asn1parse -in enc.pem 2>&1)" 'BOOLEAN +:0' "tpm2_encodeobject inverts emptyAuth"
works "its key works nevertheless" enc.pem
for kind in ecc rsa; do
	tpm2_create -Q -C 0x81000001 -G $kind -a "$attributes|sign|noda" -p word -u pin.pub -r pin.priv
	tpm2_encodeobject -C 0x81000001 -u pin.pub -r pin.priv -p -o pin.pem 2>/dev/null
	flush
	chmod 600 pin.pem
	run kb cert new --key pin.pem --role build --name x --tpm "$swtpm" -o never.crt
	isnt "$rc" 0 "its $kind key with a PIN does not sign without it"
	isnt "$err" '' "and that is told"
	absent never.crt
done
tpm2_evictcontrol -Q -C o -c 0x81000001

# rsaParent: the primary of the owner is RSA-2048.
tpm2_createprimary -Q -C o -g sha256 -G rsa2048:aes128cfb -c rsa.ctx \
	-a "$attributes|restricted|decrypt|noda"
tpm2_create -Q -C rsa.ctx -G ecc -a "$attributes|sign|noda" -u rp.pub -r rp.priv
flush
variant rp.pub,rp.priv $true_ff field=a5030101ff
works "rsaParent TRUE" v.pem
variant rp.pub,rp.priv $true_ff
useless 3 'not made under this storage root key' v.pem

# tpm2-openssl's own.
if openssl list -providers -provider tpm2 >/dev/null 2>&1; then
	for alg in 'EC -pkeyopt group:P-384' 'RSA -pkeyopt bits:2048'; do
		# shellcheck disable=SC2086 # words
		openssl genpkey -provider tpm2 -provider default -propquery provider=tpm2 \
			-algorithm $alg -out theirs.pem 2>/dev/null
		works "a key of tpm2-openssl genpkey, ${alg%% *}" theirs.pem
	done
else
	skip 4 "tpm2-openssl is not installed"
fi

is "$(tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: 0x//p')" 0 \
	"nothing of this was counted as a wrong PIN"
for what in handles-transient handles-loaded-session handles-saved-session; do
	is "$(tpm2_getcap $what)" '' "no $what left"
done

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What our design knows about the certificates, algorithms, hashes and CMS shapes that kernels take.
# A row that fails names what a new kernel does differently. What nobody should sign with (sha1 and
# sha224, keys without the right usage, expired ones) is here too: the kernel does not mind, so we
# have to.
#
# Without a row: that our CMS is byte for byte what "bpftool -S" makes (bpftool is not in the
# guests; the right flags are those of "key-rsa2048"), and a CMS that names a certificate without
# subject key identifier by key identifier (openssl makes none).
# lab: one kernel will do

# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/facts.sh $O/facts/facts.tar'
# The lab's own kernel would refuse keyrings of callers; and a TPM in the machine makes 7.1 load
# sha512 at boot, before anybody can forbid it.
guest_cmdline="bpf.keyring_unsealed=0 initcall_blacklist=crb_acpi_driver_init"
if [ -z "${GUEST-}" ]; then
	# shellcheck source-path=SCRIPTDIR source=lib/common.sh
	. "$(dirname -- "$0")/lib/common.sh"
	# shellcheck source-path=SCRIPTDIR source=facts_make.sh
	. "$(dirname -- "$0")/facts_make.sh"
	make_facts
fi
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source-path=SCRIPTDIR source=facts.sh
. /lab/tests/kernel/facts.sh
facts_ready || exit 1

# Debian builds some hashes as modules: first as early in the boot, when none can be loaded.
modprobe=$(cat /proc/sys/kernel/modprobe)
echo /bin/false >/proc/sys/kernel/modprobe
for module in sha512 sha3; do
	! lsmod | grep -q "^$module " || rmmod $module || diag "$module is in use: $(lsmod)"
done
# The lab's own kernel tells how it was built; Debian's do not and are in the tables by series.
built() { zcat /proc/config.gz 2>/dev/null | grep -qx "CONFIG_CRYPTO_$1=y"; }
mldsa_cert="ENOPKG..6.19; ENOENT"
mldsa_cms="ENOPKG..6.19; ENOKEY" mldsa_attr="ENOPKG..6.19; ENOKEY..7.0; ENOPKG..7.1; ENOKEY"
sha2="0..7.0; ENOPKG..7.1; 0" sha3="0..7.0; ENOPKG"
if built MLDSA; then mldsa_cert=0 mldsa_cms=0 mldsa_attr=0; fi
if built SHA512; then sha2=0; fi
if built SHA3; then sha3=0; fi

ring=$(ring_of)
mapfile -t certs < <(made rsa2048 rsa3072 rsa4096 p256 p384 p521 secp256k1 ed25519 rsapss \
	mldsa44 mldsa65 mldsa87 other noski encipher server expired bysha1 bysha3 ca)
collect facts add "$ring" "${certs[@]/%/.cert}"
check_rows <<END
rsa2048   | 0 | RSA
rsa3072   | 0 | RSA
rsa4096   | 0 | RSA
p256      | 0 | ECDSA
p384      | 0 | ECDSA
p521      | 0 | ECDSA
secp256k1 | ENOPKG | a curve that the kernel does not have
ed25519   | ENOPKG | Ed25519
rsapss    | ENOPKG | an RSA-PSS key
mldsa44   | $mldsa_cert | ML-DSA, read from 7.0 on but not built in
mldsa65   | $mldsa_cert | ML-DSA
mldsa87   | $mldsa_cert | ML-DSA
other     | 0 | RSA
noski     | 0 | without subject key identifier
encipher  | 0 | keyUsage without digitalSignature
server    | 0 | extendedKeyUsage serverAuth only
expired   | 0 | notAfter in the past
bysha1    | 0 | self-signed with SHA-1
bysha3    | 0 | self-signed with SHA3-256
ca        | 0 | a CA with keyCertSign only
END
collect facts add "$ring" rsa2048.pem
collect facts key "$ring" other.cert
check_rows <<'END'
rsa2048    | EBADMSG | PEM
key-update | EACCES | KEYCTL_UPDATE of a certificate
key-read   | EOPNOTSUPP | KEYCTL_READ of a certificate
END

# Keys.
keys=(rsa2048 rsa3072 rsa4096 p256 p384 p521 encipher server expired bysha1 bysha3 ca)
keys=("${keys[@]/#/key-}")
collect facts loads "$ring" "${keys[@]/%/.sig}"
check_rows <<'END'
key-rsa2048  | 0 | the right flags: detached, no certificates, no attributes, by key identifier
key-rsa3072  | 0 | RSA
key-rsa4096  | 0 | RSA
key-p256     | 0 | ECDSA
key-p384     | 0 | ECDSA, SHA-256
key-p521     | 0 | ECDSA, SHA-256
key-encipher | 0 | keyUsage is not looked at
key-server   | 0 | extendedKeyUsage is not looked at
key-expired  | 0 | nor is notAfter
key-bysha1   | 0 | nor what the certificate is signed with
key-bysha3   | 0 | SHA3-256
key-ca       | 0 | nor basicConstraints
END

# Hashes.
mapfile -t hashes < <(made hash-rsa-{md5,sha{1,224,256,384,512,512-256,3-224,3-256,3-384,3-512}} \
	hash-ec-{sha384,sha512,sha3-256} mldsa{44,65,87}{,-attr})
hash_rows() {
	cat <<-END
		hash-rsa-sha256     | 0 | safe everywhere
		hash-rsa-sha224     | 0 | accepted
		hash-rsa-sha1       | 0 | accepted
		hash-rsa-md5        | ENOPKG | unknown
		hash-rsa-sha512-256 | ENOPKG | unknown
		hash-rsa-sha3-224   | ENOPKG | unknown
		hash-rsa-sha384     | $sha2 | SHA-384 $when
		hash-rsa-sha512     | $sha2 | SHA-512 $when
		hash-ec-sha384      | $sha2 | SHA-384 under ECDSA $when
		hash-ec-sha512      | $sha2 | SHA-512 under ECDSA $when
		hash-rsa-sha3-256   | $sha3 | SHA3-256 $when
		hash-rsa-sha3-384   | $sha3 | SHA3-384 $when
		hash-rsa-sha3-512   | $sha3 | SHA3-512 $when
		hash-ec-sha3-256    | $sha3 | SHA3-256 under ECDSA $when
		mldsa44             | $mldsa_cms | ML-DSA over the bytes themselves $when
		mldsa65             | $mldsa_cms | ML-DSA $when
		mldsa87             | $mldsa_cms | ML-DSA $when
		mldsa44-attr        | $mldsa_attr | ML-DSA over attributes with a SHA-512 $when
		mldsa65-attr        | $mldsa_attr | ML-DSA $when
		mldsa87-attr        | $mldsa_attr | ML-DSA $when
	END
}
when="before modules can be loaded"
collect facts loads "$ring" "${hashes[@]/%/.sig}"
check_rows < <(hash_rows)
echo "$modprobe" >/proc/sys/kernel/modprobe
when="with modprobe and the modules"
sha2=0 sha3=0
mldsa_attr=$mldsa_cms
collect facts loads "$ring" "${hashes[@]/%/.sig}"
check_rows < <(hash_rows)

# Shapes of the CMS.
collect facts loads "$ring" attr.sig attr-ec.sig attr-expired.sig smimecap.sig smime.sig \
	embedded.sig issuer.sig issuer-embedded.sig issuer-noski.sig key-other.sig two.sig \
	two-reversed.sig
check_rows <<'END'
attr            | 0 | signed attributes
attr-ec         | 0 | with ECDSA
attr-expired    | 0 | with a key whose certificate is past its notAfter
smimecap        | EKEYREJECTED | S/MIME capabilities among them
smime           | 0 | PKCS#7 of openssl smime
embedded        | 0 | the certificate inside
issuer          | 0 | signer by issuer and serial
issuer-embedded | 0 | and the certificate inside
issuer-noski    | 0 | whose certificate has no subject key identifier
key-other       | 0 | the second of the two signers below
two             | 0 | two signers, both known
two-reversed    | 0 | the other way round
END
known=$(ring_of rsa2048)
collect facts loads "$known" two.sig two-reversed.sig key-other.sig
check_rows <<'END'
two          | 0 | two signers, one of them known: it is enough
two-reversed | 0 | in any order
key-other    | ENOKEY | but not the unknown one alone
END
authority=$(ring_of ca)
collect facts loads "$authority" leaf-issuer-embedded.sig leaf-embedded.sig key-leaf.sig
check_rows <<'END'
leaf-issuer-embedded | 0 | only the CA known: its leaf, embedded, by issuer and serial: trusted
leaf-embedded        | ENOKEY | by key identifier an embedded leaf is not looked at
key-leaf             | ENOKEY | nor is there a chain without the leaf inside
END

# What keyring_id may be, beside the rows of facts-load.t.
collect facts load session -3 key-rsa2048.sig
collect facts load user-without -4 key-p384.sig
collect facts load user-session-without -5 key-rsa2048.sig
keyctl padd asymmetric '' @u <p521.cert >/dev/null
keyctl padd asymmetric '' @us <rsa3072.cert >/dev/null
collect facts load user -4 key-p521.sig
collect facts load user-session -5 key-rsa3072.sig
collect facts load session-user -3 key-p521.sig
check_rows <<'END'
session              | 0 | -3, the key in a keyring of the session
user-without         | ENOKEY | -4 does not hold the key
user-session-without | ENOKEY | -5 does not hold the key
user                 | 0 | -4 holds the key
user-session         | 0 | -5 holds the key
session-user         | 0 | -3, the key in -4 that is linked there
END
done_testing

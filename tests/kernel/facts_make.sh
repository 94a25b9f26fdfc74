# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced on the host by the tests of kernel facts: make_facts makes certificates and signatures of
# every sort into $O/facts/facts.tar, once for all guests.

facts_lab=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/lib" && pwd)
facts_cms=(-binary -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256)

facts_config() {
	cat <<-'END'
		[req]
		distinguished_name = dn
		prompt = no
		[dn]
		CN = x
		[leaf]
		basicConstraints = critical, CA:FALSE
		keyUsage = digitalSignature
		subjectKeyIdentifier = hash
		[ca]
		basicConstraints = critical, CA:TRUE
		keyUsage = critical, keyCertSign, cRLSign
		subjectKeyIdentifier = hash
		[noski]
		basicConstraints = critical, CA:FALSE
		keyUsage = digitalSignature
		subjectKeyIdentifier = none
		authorityKeyIdentifier = none
		[ca_tool]
		database = index.txt
		new_certs_dir = .
		rand_serial = yes
		default_md = sha256
		policy = any
		[any]
		commonName = supplied
		[encipher]
		basicConstraints = critical, CA:FALSE
		keyUsage = keyEncipherment
		subjectKeyIdentifier = hash
		[server]
		basicConstraints = critical, CA:FALSE
		keyUsage = digitalSignature
		extendedKeyUsage = serverAuth
		subjectKeyIdentifier = hash
	END
}

# self NAME EXTENSIONS DIGEST ALGORITHM...: a key and its self-signed certificate
self() {
	openssl genpkey "${@:4}" -out "$1.key" 2>/dev/null || return
	openssl req -new -x509 -config c.cnf -extensions "$2" -key "$1.key" -subj "/CN=$1" \
		-days 3650 ${3:+"-$3"} -out "$1.pem" &&
		openssl x509 -in "$1.pem" -outform DER -out "$1.cert"
}

# expired NAME: only "openssl ca" takes dates in the past
expired() {
	self "$1" leaf sha256 -algorithm RSA -pkeyopt rsa_keygen_bits:2048 && : >index.txt &&
		openssl req -new -config c.cnf -key "$1.key" -subj "/CN=$1" -out "$1.csr" &&
		openssl ca -config c.cnf -name ca_tool -selfsign -keyfile "$1.key" -in "$1.csr" -extensions leaf \
			-startdate 20200101000000Z -enddate 20200131000000Z -batch -notext -out "$1.pem" &&
		openssl x509 -in "$1.pem" -outform DER -out "$1.cert"
}

# issue NAME CA EXTENSIONS: an RSA key and a certificate by the CA
issue() {
	self "$1" "$3" sha256 -algorithm RSA -pkeyopt rsa_keygen_bits:2048 &&
		openssl req -new -config c.cnf -key "$1.key" -subj "/CN=$1" -out "$1.csr" &&
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial \
			-extfile c.cnf -extensions "$3" -days 3650 -sha256 -out "$1.pem" 2>/dev/null &&
		openssl x509 -in "$1.pem" -outform DER -out "$1.cert"
}

# sig NAME KEY ARGUMENT...: a CMS over $data (default tiny.bin)
sig() {
	openssl cms -sign -in "${data:-tiny.bin}" -signer "$2.pem" -inkey "$2.key" "${@:3}" \
		-out "$1.sig" || return
}

facts_keys() {
	local rsa=(-algorithm RSA -pkeyopt rsa_keygen_bits:2048) c n

	for n in 2048 3072 4096; do
		self "rsa$n" leaf sha256 -algorithm RSA -pkeyopt "rsa_keygen_bits:$n" || return
	done
	for c in P-256=sha256 P-384=sha384 P-521=sha512 secp256k1=sha256; do
		n=${c%=*}
		self "$(tr -d - <<<"${n,,}")" leaf "${c#*=}" -algorithm EC \
			-pkeyopt "ec_paramgen_curve:$n" || return
	done
	self ed25519 leaf '' -algorithm ED25519 &&
		self rsapss leaf sha256 -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 &&
		self other leaf sha256 "${rsa[@]}" &&
		self noski noski sha256 "${rsa[@]}" &&
		self encipher encipher sha256 "${rsa[@]}" &&
		self server server sha256 "${rsa[@]}" &&
		expired expired &&
		self bysha1 leaf sha1 "${rsa[@]}" &&
		self bysha3 leaf sha3-256 "${rsa[@]}" &&
		self ca ca sha256 "${rsa[@]}" &&
		issue leaf ca leaf
}

facts_by_key_and_hash() {
	local k h

	for k in rsa2048 rsa3072 rsa4096 p256 p384 p521 other encipher server expired bysha1 \
		bysha3 ca leaf; do
		sig "key-$k" $k "${facts_cms[@]}" || return
	done
	for h in md5 sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-224 sha3-256 sha3-384 \
		sha3-512; do
		sig "hash-rsa-$h" rsa2048 "${facts_cms[@]}" -md $h || return
	done
	for h in sha384 sha512; do
		sig "hash-ec-$h" p256 "${facts_cms[@]}" -md $h || return
	done
}

facts_shapes() {
	local attr=(-binary -outform DER -nocerts -nosmimecap -keyid -md sha256)

	sig attr rsa2048 "${attr[@]}" && sig attr-ec p256 "${attr[@]}" &&
		sig attr-expired expired "${attr[@]}" &&
		sig smimecap rsa2048 -binary -outform DER -nocerts -keyid -md sha256 &&
		sig embedded rsa2048 -binary -outform DER -noattr -nosmimecap -keyid -md sha256 &&
		sig issuer rsa2048 -binary -outform DER -nocerts -noattr -nosmimecap -md sha256 &&
		sig issuer-embedded rsa2048 -binary -outform DER -noattr -nosmimecap -md sha256 &&
		sig issuer-noski noski -binary -outform DER -nocerts -noattr -nosmimecap -md sha256 &&
		sig leaf-embedded leaf -binary -outform DER -noattr -nosmimecap -keyid -md sha256 &&
		sig leaf-issuer-embedded leaf -binary -outform DER -noattr -nosmimecap -md sha256 &&
		sig attached rsa2048 "${facts_cms[@]}" -nodetach &&
		sig text rsa2048 -outform DER -nocerts -noattr -nosmimecap -keyid -md sha256 &&
		sig stream rsa2048 "${facts_cms[@]}" -stream &&
		sig pem rsa2048 "${facts_cms[@]}" -outform PEM &&
		sig pss rsa2048 "${facts_cms[@]}" -keyopt rsa_padding_mode:pss &&
		sig pss-key rsapss "${facts_cms[@]}" -keyopt rsa_padding_mode:pss &&
		sig two rsa2048 -signer other.pem -inkey other.key "${facts_cms[@]}" &&
		sig two-reversed other -signer rsa2048.pem -inkey rsa2048.key "${facts_cms[@]}" &&
		openssl smime -sign -binary -in tiny.bin -signer rsa2048.pem -inkey rsa2048.key \
			-outform DER -noattr -nocerts -out smime.sig &&
		data=c.cnf sig wrong rsa2048 "${facts_cms[@]}" &&
		data=c.cnf sig wrong-attr rsa2048 "${attr[@]}"
}

# Bytes that were a good signature.
facts_damaged() {
	local size

	size=$(stat -c %s key-rsa2048.sig)
	{
		head -c $((size - 1)) key-rsa2048.sig
		tail -c 1 key-rsa2048.sig | tr '\0-\377' '\1-\377\0'
	} >flipped.sig
	head -c 40 key-rsa2048.sig >truncated.sig
	head -c 64 /dev/urandom >garbage.sig
	{ cat key-rsa2048.sig && head -c 100 /dev/zero; } >trailing.sig
	{ cat key-rsa2048.sig && head -c $((8192 - size)) /dev/zero; } >size-8192.sig
	{ cat size-8192.sig && head -c 1 /dev/zero; } >size-8193.sig
}

# What facts_maps loads, signed over its instructions, and with the values of its maps.
facts_map_signatures() {
	local bytes

	for bytes in *.bytes; do
		data=$bytes sig "${bytes%.bytes}" rsa2048 "${facts_cms[@]}" || return
	done
}

# put_together NAME OID: a CMS with the signature NAME.raw over the bytes themselves, as RFC 8419
# and RFC 9882 have it; "openssl cms" makes none of these.
put_together() {
	local id

	id=$(openssl x509 -in "$1.pem" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :')
	cat >"$1.cnf" <<-END
		asn1 = SEQUENCE:content
		[content]
		type = OID:1.2.840.113549.1.7.2
		value = EXP:0, SEQUENCE:signed
		[signed]
		version = INTEGER:3
		hashes = SET:hashes
		of = SEQUENCE:of
		signers = SET:signers
		[hashes]
		sha512 = SEQUENCE:sha512
		[sha512]
		is = OID:2.16.840.1.101.3.4.2.3
		[of]
		data = OID:1.2.840.113549.1.7.1
		[signers]
		signer = SEQUENCE:signer
		[signer]
		version = INTEGER:3
		id = IMP:0, FORMAT:HEX, OCTETSTRING:$id
		hash = SEQUENCE:sha512
		algorithm = SEQUENCE:algorithm
		signature = FORMAT:HEX, OCTETSTRING:$(od -An -v -tx1 "$1.raw" | tr -d ' \n')
		[algorithm]
		is = OID:$2
	END
	openssl asn1parse -genconf "$1.cnf" -noout -out "$1.sig"
}

facts_ed25519() {
	openssl pkeyutl -sign -rawin -inkey ed25519.key -in tiny.bin -out ed25519.raw &&
		put_together ed25519 1.3.101.112
}

# ML-DSA, and SHA-3 under ECDSA in a CMS, take OpenSSL 3.5. For one, in the folder $0:
# shellcheck disable=SC2016 # expands where it runs
facts_new_script='cd "$0" && for n in 44 65 87; do
	openssl genpkey -algorithm ML-DSA-$n -out mldsa$n.key &&
		openssl req -x509 -config c.cnf -extensions leaf -subj /CN=mldsa$n -days 3650 \
			-key mldsa$n.key -out mldsa$n.pem &&
		openssl x509 -in mldsa$n.pem -outform DER -out mldsa$n.cert &&
		openssl pkeyutl -sign -rawin -inkey mldsa$n.key -in tiny.bin -out mldsa$n.raw &&
		openssl cms -sign -in tiny.bin -signer mldsa$n.pem -inkey mldsa$n.key -binary \
			-outform DER -nocerts -nosmimecap -keyid -md sha512 \
			-out mldsa$n-attr.sig || exit
	done
	openssl cms -sign -in tiny.bin -signer p256.pem -inkey p256.key -binary -outform DER -nocerts \
		-noattr -nosmimecap -keyid -md sha3-256 -out hash-ec-sha3-256.sig'

# By the host's OpenSSL, or that of the Debian 13 root, which takes root. Where neither can be had,
# nothing is made and the rows are skipped by name.
facts_new() {
	mkdir new && cp c.cnf tiny.bin p256.pem p256.key new/ || return
	if ! bash -c "$facts_new_script" "$PWD/new" 2>new/why; then
		[ "$(id -u)" = 0 ] && bind="$PWD/new:tmp/facts" \
			"$facts_lab/root13" bash -c "$facts_new_script" /tmp/facts 2>>new/why || return 0
	fi
	cp new/mldsa* new/hash-ec-sha3-256.sig . && put_together mldsa44 2.16.840.1.101.3.4.3.17 &&
		put_together mldsa65 2.16.840.1.101.3.4.3.18 &&
		put_together mldsa87 2.16.840.1.101.3.4.3.19
}

# make_facts: once for all guests, kept until this file or what is to be signed changes
make_facts() {
	local dir=$O/facts bytes=$O/tests/kernel/facts_maps key

	mkdir -p "$dir"
	exec {facts_lock}>"$dir/lock"
	flock "$facts_lock"
	key=$({ cat "$facts_lab/../facts_make.sh" && "$bytes" bytes; } | sha256sum)
	if [ "$(cat "$dir/key" 2>/dev/null)" != "$key" ]; then
		rm -rf "$dir/key" "$dir/made" && mkdir "$dir/made" && (
			cd "$dir/made" && facts_config >c.cnf && "$bytes" bytes . &&
				facts_keys && facts_by_key_and_hash && facts_shapes && facts_damaged &&
				facts_map_signatures && facts_ed25519 && facts_new &&
				tar -cf ../facts.tar ./*.sig ./*.cert rsa2048.pem
		) 2>"$dir/why" || {
			echo "Bail out! the certificates cannot be made: $(tail -n 3 "$dir/why")"
			exit 1
		}
		echo "$key" >"$dir/key"
	fi
	exec {facts_lock}>&-
}

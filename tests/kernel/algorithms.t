#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every algorithm, in every role, with every hash: the kernel's own answer is what verify says
# offline, refusals have their sentence, and what cannot be made is absent by name. The table is
# made on the build host; a guest only asks its kernel. Then keys in the TPM, and the tool itself.
# lab: one kernel will do

algs="p256 p384 p521 rsa2048 rsa3072 rsa4096 ml-dsa-44 ml-dsa-65 ml-dsa-87"
hashes="sha256 sha384 sha512 sha3-256 sha3-384 sha3-512"
weak="md5 sha1 sha224 sha3-224 sha512-256"

# tell N TEXT RC RE CMD...: a line of the table for what the host sees of a command
tell() {
	local name=$1 text=$2 rc=$3 re=$4 got=0 said

	shift 4
	said=$("$@" 2>&1) || got=$?
	if [ "$got" = "$rc" ] && [[ $said =~ $re ]]; then
		echo "$name told 0 $text"
	else
		echo "$name told E $text: exit $got, ${said//$'\n'/; }"
	fi
}

# Objects that are signed with each algorithm and hash, and refusals.
make_objects() {
	local alg hash role

	mkdir objects
	for alg in p256 p384 p521 rsa2048 rsa3072 rsa4096; do
		keyctl-bpf -q key new --form file --alg $alg -f -o k.key 2>/dev/null
		keyctl-bpf -q cert new --key k.key --role build --name $alg -o objects/$alg.pem
		for hash in $hashes; do
			keyctl-bpf -q sign "$object" --key k.key --cert objects/$alg.pem --hash "$hash" \
				-o "objects/$alg.$hash.o" 2>/dev/null
		done
		for hash in $weak; do
			tell "$alg.build.$hash" "sign refuses the hash" 3 "too weak|no kernel takes" \
				keyctl-bpf sign "$object" --key k.key --cert objects/$alg.pem --hash "$hash" -o no.o
		done
		for role in loader policy anchor; do
			keyctl-bpf -q cert new --key k.key --role $role --name $role -f -o role.pem
			for hash in $hashes; do
				tell "$alg.$role.$hash" "sign refuses the role" 3 "neither of the roles build and delegated" \
					keyctl-bpf sign "$object" --key k.key --cert role.pem --hash "$hash" -o no.o
			done
		done
	done >told
	keyctl-bpf -q inspect objects/p256.sha256.o --extract parts >/dev/null
	rm -f k.key* role.pem
}

# All that is the same for every kernel, in the current folder.
make_all() {
	local alg what

	make_objects
	mv parts/loader.bin parts/metadata.bin .
	mkdir late && cp loader.bin metadata.bin late/
	# shellcheck disable=SC2086 # a list of words
	make_cells . $algs >made || return
	# What only Debian 13's OpenSSL makes comes from there, of its own keys.
	what=$(sed -n 's/\..* absent: .*//p' made | sort -u)
	# shellcheck disable=SC2086
	[ -z "$what" ] || "$top/tests/kernel/lib/cells13" "$PWD/late" $what >made13 || return
	touch made13
}

# foretell FILE: what verify says of an object on this kernel, as the kernel would: its errno
# without modules, and with them
foretell() {
	local out

	# The native kernel is a 7.3 with the hashes built in.
	out=$(keyctl-bpf -q verify "$1" --cert "${1%%.*}.pem" --kernel "${KERNEL/native/7.3}" --json 2>/dev/null)
	case $KERNEL$(jq -r '.result.objects[0] | .result + " " + (.condition // "")' <<<"$out") in
	native'OK '*) echo "0 0" ;;
	*'OK ') echo "0 0" ;;
	*'OK '*' module '*) echo "ENOPKG 0" ;;
	*) echo "E E" ;;
	esac
}

# What a kernel says to ML-DSA: facts-kernel.md, section 2. A kernel that has it answers 0 to all.
mldsa() {
	case $KERNEL in
	6.*) echo "ENOPKG" ;;
	7.*) echo "ENOENT" ;;
	*) echo "0" ;;
	esac
}

# row N KIND: the line of the table, with what is to be expected in the two passes
row() {
	local name=$1 kind=$2 alg hash one two text

	alg=${name#late/} alg=${alg%%.*} hash=${name##*.}
	read -r one two < <(sed -n "s/^$alg $hash //p" "answers.$KERNEL")
	[[ $alg = ml-dsa-* ]] && { one=$(mldsa) && two=$one; }
	# The kernel takes a self-signed certificate whose hash it has not got, unchecked.
	[ "$kind" = cert ] && [ "$one" = ENOPKG ] && [[ $alg != ml-dsa-* ]] && one=0
	text="as foretold, $one"
	[ "$one" = "$two" ] || text+=", with modules $two"
	echo "$name $kind $one $two $text"
}

make_table() {
	local f name kind text

	for f in objects/*.o; do
		name=${f#objects/} && name=${name%.o}
		echo "${name/./ } $(foretell "$f")"
	done >"answers.$KERNEL"
	while read -r name kind text; do
		case $text in absent:*) ;; *) row "$name" "$kind" ;; esac
	done <made
	while read -r name kind text; do
		grep -q "^$name $kind\$" made && continue
		case $text in
		absent:*) echo "$name told 0 0 $text" ;;
		*) row "late/$name" "$kind" ;;
		esac
	done <made13
	sed -E 's/^([^ ]+) told ([^ ]+) /\1 told \2 \2 /' told
}

dir=tests/kernel/algorithms
if [ -z "${GUEST-}" ]; then
	top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
	O=${O:-build} KERNEL=${KERNEL:-7.3}
	[[ $O = /* ]] || O=$top/$O
	object=$(dpkg -L libxdp1 | grep -m1 'xsk_def_xdp_prog\.o$')
	PATH=$O:$O/tests/kernel:$PATH
	export O KERNEL
	exec {lock}>"$O/tests/kernel/algorithms.lock"
	flock "$lock"
	key=$(cat "$O/keyctl-bpf" "$O/tests/kernel/make_cells" "$0" "$top/tests/kernel/lib/cells13" | sha256sum)
	if [ "$(cat "$O/$dir/key" 2>/dev/null)" != "$key" ]; then
		rm -rf "${O:?}/$dir" && mkdir -p "$O/$dir"
		(cd "$O/$dir" && make_all) || { echo "Bail out! the cells could not be made"; exit 1; }
		echo "$key" >"$O/$dir/key"
	fi
	exec {lock}>&-
	(cd "$O/$dir" && make_table >"table.$KERNEL")
	guest_files=
	for f in $(cd "$O" && find $dir -name '*.der' -o -name '*.insns' -o -name '*.meta' -o -name '*.bin' -o \
		-name "table.$KERNEL" -o -path '*/objects/*'); do
		guest_files+=" \$O/$f"
	done
fi
# shellcheck source-path=SCRIPTDIR source=lib/guest.sh
. "$(dirname -- "$0")/lib/guest.sh"

dir=$O/$dir
form=meta
case $KERNEL in 6.* | 7.0 | 7.1 | 7.2) form=insns ;; esac

# cells COLUMN [GREP ARG...]: those lines of the table, with the answers of that column
cells() {
	local column=$1

	shift
	grep "$@" "$dir/table.$KERNEL" | awk -v c="$column" '{ e = $c; n = $1; k = $2; $1 = $2 = $3 = $4 = ""; print n, k, e, $0 }' >/tmp/cells
	command cells "$dir" $form $((tap_n + 1)) "$cells_ring" </tmp/cells
	tap_n=$((tap_n + $(wc -l </tmp/cells)))
}

# Without any module, as early at boot. The native kernel has all built in.
cells_ring=own
if [ "$KERNEL" != native ]; then
	# A TPM in the machine makes 7.1 load sha512 at boot; facts-cert asks there without.
	! lsmod | grep -q '^sha512 ' ||
		sed -i -E 's/^([^ ]+\.sha(384|512) [a-z]+) ENOPKG 0 /\1 0 0 /' "$dir/table.$KERNEL"
	echo /bin/false >/proc/sys/kernel/modprobe
	cells 3 .
	echo /sbin/modprobe >/proc/sys/kernel/modprobe
fi

# Keys of all algorithms, and of the TPM, come into .bpf.
o=$dir/objects
cd /tmp || exit 1
ok "the keyring" keyctl-bpf keyring create
ok "all algorithms are enrolled" keyctl-bpf keyring enroll "$o"/*.pem
for alg in p384 rsa3072; do
	ok "TPM $alg: a key" keyctl-bpf -q key new --alg $alg -o $alg.key
	ok "TPM $alg: its certificate" keyctl-bpf -q cert new --key $alg.key --role build --name "tpm $alg" -o $alg.pem
	ok "TPM $alg: is enrolled" keyctl-bpf keyring enroll $alg.pem
done
ring=$(cat /run/keyctl-bpf/keyring-id)

# Who refuses ML-DSA is said by name: first OpenSSL, which is asked first, else the kernel.
if openssl list -public-key-algorithms | grep -qi ml-dsa; then
	refused 4 "this kernel takes no ML-DSA keys" keyctl-bpf keyring enroll "$dir/late/ml-dsa-65.build.key.der"
else
	refused 4 "this OpenSSL has no ML-DSA \('ml-dsa-65'\)" \
		keyctl-bpf keyring enroll "$dir/late/ml-dsa-65.build.key.der"
fi

if [ "$KERNEL" = native ]; then
	# Only .bpf counts here, once it is sealed: the cells' keys go there, too. ML-DSA ones come late.
	serial=$(keyctl-bpf keyring show --json | jq -r .result.serial)
	for f in "$dir"/{[pr]*,late/ml-dsa*}.{build,delegated}.key.der; do
		keyctl padd asymmetric "${f##*/}" "$serial" <"$f" >/dev/null || diag "not added"
	done
	ok "the keyring is sealed, which reads each key in it" keyctl-bpf keyring seal --profile locked --yes
	cells_ring=$ring
	cells 3 .
fi

# What modules make good.
cells 4 -E '^[^ ]+ [a-z]+ ENOPKG 0 '
is "$(awk '{ sub("^late/", ""); split($1, a, "."); print a[1] "." a[2] }' "$dir/table.$KERNEL" | sort -u | wc -l)" 45 \
	"nine algorithms in five roles are in the table"

# The tool loads an object of each algorithm, and one of each hash.
for f in "$o"/*.sha256.o "$o"/p256.sha[35]*.o; do
	accepted keyctl-bpf load "$f"
done

# Keys in the TPM: sign here, the kernel verifies.
bytes=$dir/loader.bin rawform=insns
[ $form = insns ] || { cat "$dir/loader.bin" "$dir/metadata.bin" >both && bytes=both && rawform=metadata; }
for alg in p384 rsa3072; do
	for hash in sha256 sha384 sha512; do
		keyctl-bpf -q sign --raw "$bytes" --key $alg.key --cert $alg.pem --hash $hash -f -o sig.der
		is "$(rawload "$ring" $rawform "$dir/loader.bin" "$dir/metadata.bin" sig.der | head -n 1)" load=0 \
			"TPM $alg: the kernel verifies it with $hash"
	done
done
refused 4 "has no 'rsa4096'" keyctl-bpf key new --alg rsa4096 -o no.key
refused 4 "TPM keys sign no sha3-256 digests" \
	keyctl-bpf sign --raw "$bytes" --key p384.key --cert p384.pem --hash sha3-256 -o no.der
done_testing

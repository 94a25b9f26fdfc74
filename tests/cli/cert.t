#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cert new, request, issue, show; openssl reads what we write.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
need jq openssl stat date

arc=$(sed -n 's/.*BPFKEY_OID_ARC.*"\(2\.25\.[0-9]*\)".*/\1/p' "$top/include/bpfkey.h")
tpm=embedded:$T/tpm
kb key new --form file -o k.pem --quiet 2>/dev/null >&2
kb key new --form file --alg rsa2048 -o k2.pem --quiet 2>/dev/null >&2
kb key new --tpm "$tpm" -o t.pem --quiet 2>/dev/null >&2

field() {
	openssl x509 -in "$1" -noout -nameopt RFC2253 "${@:2}"
}

days() {
	echo $((($(date -d "$(field "$1" -enddate | cut -d= -f2)" +%s) - $(date +%s) + 43200) / 86400))
}

# --- cert new

run kb cert new -k k.pem -r build -n 'build key 1' -o c.pem
is "$rc" 0 'cert new'
is "$err" '' 'without a word'
like "$out" 'roles: +build' 'shows its role'
is "$(stat -c %a c.pem)" 644 'is public'
is "$(field c.pem -subject)" 'subject=CN=build key 1' 'its subject'
is "$(field c.pem -pubkey)" "$(openssl pkey -in k.pem -pubout)" 'is of the key'
like "$(field c.pem -ext extendedKeyUsage,basicConstraints,keyUsage)" \
	"critical.*$arc\.1|$arc\.1.*critical" 'its role is critical'
unlike "$(field c.pem -ext basicConstraints)" 'CA:TRUE' 'is no CA'
is "$(days c.pem)" 365 'lives a year'
ago=$(($(date +%s) - $(date -d "$(field c.pem -startdate | cut -d= -f2)" +%s)))
ok 'valid from ten minutes ago' test "$ago" -ge 600 -a "$ago" -lt 660

for role in build:1:365 delegated:2:30 loader:3:365 policy:4:365 anchor:5:3650; do
	IFS=: read -r name n life <<<"$role"
	run kb cert new -k k2.pem -r "$name" -n "$name" -o "$name.pem" --json
	is_envelope "cert new -r $name"
	json '.changed, .result.roles[0], .result.algorithm, .result.state' \
		$'true\n'"$name"$'\nrsa2048\nvalid' "$name"
	like "$(field "$name.pem" -ext extendedKeyUsage)" "$arc\.$n" "$name: its number"
	is "$(days "$name.pem")" "$life" "$name: its days"
done

ok 'days' kb cert new -k k.pem -r build -n x --days 7 -o week.pem
is "$(days week.pem)" 7 'are taken'

# --- in a TPM

run kb cert new --tpm "$tpm" -k t.pem -r anchor -n root -o root.pem
is "$rc" 0 'signed in a TPM'
ok 'openssl believes it' openssl verify -x509_strict -CAfile root.pem root.pem

# --- refused

refused 1 "'c.pem' exists already" kb cert new -k k.pem -r build -n x -o c.pem
refused 2 "no role 'king'" kb cert new -k k.pem -r king -n x -o n.pem
refused 2 "'--role" kb cert new -k k.pem -n x -o n.pem
refused 2 "'--name" kb cert new -k k.pem -r build -o n.pem
refused 2 'not empty' kb cert new -k k.pem -r build -n '' -o n.pem
refused 2 'not printable ASCII|not printable' kb cert new -k k.pem -r build -n $'a\nb' -o n.pem
refused 2 'blank' kb cert new -k k.pem -r build -n ' x' -o n.pem
refused 2 '64 characters' kb cert new -k k.pem -r build -n "$(printf '%065d' 0)" -o n.pem
refused 2 '1 to 7300 days' kb cert new -k k.pem -r build -n x --days 0 -o n.pem
refused 2 '1 to 7300 days' kb cert new -k k.pem -r build -n x --days 7301 -o n.pem
refused 1 . kb cert new -k no.pem -r build -n x -o n.pem
(umask 077; cp c.pem c600.pem)
refused 1 'not a private key' kb cert new -k c600.pem -r build -n x -o n.pem
chmod 644 k2.pem
refused 3 'others can reach it' kb cert new -k k2.pem -r build -n x -o n.pem
chmod 600 k2.pem
(umask 077; openssl genpkey -algorithm ed25519 -out ed.pem)
refused 3 "'ed25519' is none that kernels take" kb cert new -k ed.pem -r build -n x -o n.pem
(umask 077; openssl genrsa -out weak.pem 1024 2>/dev/null)
refused 3 'too small' kb cert new -k weak.pem -r build -n x -o n.pem
refused 1 . kb cert new -k k.pem -r build -n x -o no/such/n.pem
absent n.pem no

run kb cert new -k k.pem -r build -n x -o n.pem --dry-run --json
is "$rc" 0 'dry run'
json '.changed, .result.subject' $'false\nCN=x' 'shows what would be made'
absent n.pem
refused 2 . kb cert new -k k.pem -r king -n x -o n.pem --dry-run
ok 'force' kb cert new -k k.pem -r build -n other -o c.pem --force
is "$(field c.pem -subject)" 'subject=CN=other' 'replaces'

# --- request and issue

run kb cert request -k k.pem -n leaf -o leaf.csr --json
is "$rc" 0 'cert request'
is_envelope 'cert request'
ok 'openssl believes the request' openssl req -in leaf.csr -verify -noout
ok 'a request by a TPM' kb cert request --tpm "$tpm" -k t.pem -n t -o t.csr
refused 1 'exists already' kb cert request -k k.pem -n leaf -o leaf.csr
refused 2 'blank' kb cert request -k k.pem -n 'x ' -o n.csr
ok 'dry run' kb cert request -k k.pem -n leaf -o n.csr --dry-run
absent n.csr

issue() {
	kb cert issue --tpm "$tpm" "$@"
}

run issue leaf.csr --ca root.pem --ca-key t.pem -r delegated -o leaf.pem --json
is "$rc" 0 'cert issue'
is_envelope 'cert issue'
json '.result.roles[0], .result.issuer, .result.ca, .result.self_signed' \
	$'delegated\nCN=root\nfalse\nfalse' 'a leaf of the root'
ok 'openssl believes it' openssl verify -x509_strict -CAfile root.pem leaf.pem
is "$(days leaf.pem)" 30 'its days'

openssl req -new -key k.pem -subj /CN=greedy -addext basicConstraints=critical,CA:TRUE \
	-addext "extendedKeyUsage=$arc.5" -out greedy.csr
run issue greedy.csr --ca root.pem --ca-key t.pem -r build -o greedy.pem --json
json '.result.roles | join(",")' build 'the issuer chooses the role'
json .result.ca false 'and nobody becomes a CA by asking'

ok 'a short-lived root' kb cert new -k k2.pem -r anchor -n short --days 3 -o short.pem
ok 'issue without --days' issue leaf.csr --ca short.pem --ca-key k2.pem -r build -o s.pem
is "$(field s.pem -enddate)" "$(field short.pem -enddate)" 'ends with its root'

# --- refused: who may issue

refused 2 'the CA .short.pem. expires' \
	issue leaf.csr --ca short.pem --ca-key k2.pem -r build --days 30 -o n.pem
like "$err" 'hint: use --days [23],' 'and says how many days there are'
refused 2 'signed by its own key' issue leaf.csr --ca root.pem --ca-key t.pem -r anchor -o n.pem
refused 3 "role is 'build', not 'anchor'" \
	issue leaf.csr --ca build.pem --ca-key k2.pem -r build -o n.pem
refused 3 'another key' issue leaf.csr --ca root.pem --ca-key k2.pem -r build -o n.pem
refused 3 "CA's own key" issue t.csr --ca root.pem --ca-key t.pem -r build -o n.pem
openssl x509 -in leaf.csr -req -signkey k.pem -days 1 -out foreign.pem 2>/dev/null
refused 3 "role is 'none'" issue leaf.csr --ca foreign.pem --ca-key k.pem -r build -o n.pem
# An expired one; 'req' of OpenSSL 3.0 can only make certificates that begin now.
cat >ca.cnf <<END
[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
extendedKeyUsage = $arc.5
END
: >index.txt
openssl req -new -key k2.pem -subj /CN=old -out old.csr
openssl ca -batch -config ca.cnf -selfsign -keyfile k2.pem -in old.csr -out old.pem \
	-startdate 20200101000000Z -enddate 20200102000000Z 2>/dev/null
refused 3 'expired on' issue leaf.csr --ca old.pem --ca-key k2.pem -r build -o n.pem
openssl req -x509 -sha1 -key k2.pem -subj /CN=sha1 -days 5 -addext "extendedKeyUsage=$arc.5" \
	-out sha1.pem
refused 3 "weak hash 'sha1'" issue leaf.csr --ca sha1.pem --ca-key k2.pem -r build -o n.pem

# --- refused: what is asked

refused 1 "is a 'CERTIFICATE'" issue c.pem --ca root.pem --ca-key t.pem -r build -o n.pem
refused 1 . issue no.csr --ca root.pem --ca-key t.pem -r build -o n.pem
openssl req -new -key k.pem -subj /O=x/CN=y -out two.csr
refused 1 'not a single common name' issue two.csr --ca root.pem --ca-key t.pem -r build -o n.pem
openssl req -new -key weak.pem -subj /CN=y -out weak.csr
refused 3 'too small' issue weak.csr --ca root.pem --ca-key t.pem -r build -o n.pem
openssl req -in leaf.csr -outform DER -out bad.csr
printf '\377' | dd of=bad.csr bs=1 seek=$(($(stat -c %s bad.csr) - 1)) conv=notrunc 2>/dev/null
refused 3 'its signature is not by its key|cannot accept request' \
	issue bad.csr --ca root.pem --ca-key t.pem -r build -o n.pem
absent n.pem
ok 'dry run' issue leaf.csr --ca root.pem --ca-key t.pem -r build -o n.pem --dry-run
absent n.pem

# --- cert show

run kb cert show c.pem leaf.pem root.pem --json
is "$rc" 0 'cert show'
is_envelope 'cert show'
json '[.result.certificates[].subject] | join(" ")' 'CN=other CN=leaf CN=root' 'each of them'
json '.result.certificates[2].ca' true 'the root is a CA'
json '.result.certificates[0].fingerprint' \
	"$(openssl x509 -in c.pem -outform DER | sha256sum | cut -d' ' -f1)" 'its fingerprint'
json '.result.certificates[0].public_hash' "$(jq -r .public_hash k.pem.meta)" \
	'the same public hash as the key has'
openssl x509 -in c.pem -outform DER -out c.der
run kb cert show c.der
like "$out" 'CN=other' 'DER'
run kb cert show - <c.pem
like "$out" 'CN=other' 'standard input'
refused 1 "cannot read certificate 'k.pem'" kb cert show k.pem
is "$out" '' 'no half answer'
refused 1 '^keyctl-bpf: 2 of 4 certificates cannot be shown' kb cert show c.pem k.pem no.pem root.pem
like "$out" 'CN=other.*CN=root' 'the good ones of several are shown'
like "$out" "cannot read certificate 'k.pem'.*cannot read 'no.pem'" 'and what is bad'
run kb cert show c.pem k.pem --json
is "$rc" 1 'in JSON too'
is_envelope 'one of two is bad'
json '[.result.certificates[] | .file, .subject, (.error == null)] | map(tostring) | join(" ")' \
	'c.pem CN=other true k.pem null false' 'each has its answer'
refused 1 . kb cert show no.pem
refused 2 . kb cert show
cat c.pem root.pem >two.pem
refused 1 'something follows' kb cert show two.pem

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What our design knows about how kernels load signed programs: what is signed, when it is verified,
# what the hooks see, and every errno. A row that fails names what a new kernel does differently.
#
# Read in the kernel's source and not to be seen from outside, so without a row: which file verifies
# (up to 7.2 syscall.c, from 7.3 verifier.c, of which "said-..." shows the trace), which file calls
# security_bpf_prog_load, the page Documentation/bpf/signing.rst; and 7.3's EBUSY for a map that
# somebody is writing: BPF_MAP_FREEZE refuses such a map first ("frozen while written" of the map's
# own selftest), so the load only meets a write that starts and fails within the same nanoseconds.

# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/facts.sh $O/facts/facts.tar'
guest_cmdline="bpf.keyring_unsealed=0" # the lab's own kernel would refuse keyrings of callers
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

# What the types say. The lab's own kernel has one sort of keyring more.
own=
[ "$KERNEL" != native ] || own=", 5 BPF"
collect facts btf
check_rows <<END
bpf_prog_aux.sig      | no..7.1; 8 bytes | the record of a verified signature
bpf_map.excl          | no..7.0; 4 bytes at 32..7.2; no | what loaders of bpftool 7.1 and 7.2 read
bpf_map.sha           | 32 bytes at 0 | what a loader compares with its metadata's digest
bpf_map.excl_prog_sha | 8 bytes | a map that one program alone may use
bpf_map.frozen        | 1 bytes | and that nobody writes
bpf_prog.digest       | 32 bytes | the digest that such a map names
bpf_sig_verdict       | no..7.1; 0 UNSIGNED, 1 VERIFIED | what the record says
bpf_sig_keyring       | no..7.1; 0 NONE, 1 BUILTIN, 2 SECONDARY, 3 PLATFORM, 4 USER$own | and of what
END

# What a signature covers, with maps.
ring=$(ring_of rsa2048)
collect facts_maps maps "$ring" .
check_rows <<'END'
unsigned-own     | 0 | unsigned, a map exclusive to it
unsigned-foreign | EACCES | unsigned, a map exclusive to another program
insns-unbound    | 0..7.2; EACCES:log | instructions signed, a map used, fd_array_cnt 0
insns-bound      | EACCES:log..7.2; EKEYREJECTED | instructions signed, fd_array_cnt 1
value-bound      | EKEYREJECTED..7.2; 0 | instructions and the map's value signed, fd_array_cnt 1
value-unbound    | EKEYREJECTED | the same, fd_array_cnt 0
value-shared     | EKEYREJECTED..7.2; EPERM | the map is not exclusive
value-thawed     | EKEYREJECTED..7.2; EPERM | the map is not frozen
value-hashed     | EKEYREJECTED..7.2; EINVAL | the map is no array
value-btf        | EKEYREJECTED..7.2; EACCES | BTF is bound besides
value-extra      | EKEYREJECTED..7.2; EINVAL | a map beyond fd_array_cnt is used
insns-named      | 0..7.2; EINVAL | an instruction names its map by descriptor
END
collect facts_maps reread "$ring" .
check_rows <<'END'
reread-unsigned | 2 | fd_array_cnt 0: a slot is read anew at each instruction
reread-counted  | 2..7.2; 1 | fd_array_cnt above 0: also up to 7.2
reread-signed   | 2..7.2; EACCES | a signed program: also up to 7.2
END

# When the verifier's log speaks about signatures.
empty=$(ring_of)
collect facts said "$ring" key-rsa2048.sig said-good
collect facts said "$ring" wrong.sig said-rejected
collect facts said "$empty" key-rsa2048.sig said-unknown
check_rows <<'END'
said-good     | whole | a program that loads
said-rejected | nothing..7.2; text | a signature of something else
said-unknown  | nothing..7.2; text | a signature by nobody known
END

# What the hooks see. Attached last of all that loads: they see everything.
pinned=/sys/fs/bpf/facts_loader
ok "a loader is pinned" attack preload "$O/tests/kernel/attacks/preloader.bpf.o" $pinned
outer=$(keyctl newring outer @s)
inner=$(keyctl newring inner "$outer")
keyctl padd asymmetric '' "$inner" <rsa2048.cert >/dev/null
collect facts_hooks "$outer" "$inner" key-rsa2048.sig wrong.sig $pinned
check_rows <<'END'
unsigned               | 0 | loads
unsigned-hooked        | 1 | lsm/bpf_prog_load sees it
unsigned-record        | absent..7.1; verdict 0 type 0 none | as unsigned
unsigned-with-ring     | 0 | no signature but a keyring
unsigned-with-ring-hooked | 1 | lsm/bpf_prog_load sees it
unsigned-with-ring-record | absent..7.1; verdict 0 type 0 none | as unsigned all the same
bad                    | EKEYREJECTED | a signature of something else
bad-hooked             | 0 | lsm/bpf_prog_load never sees it
unknown                | ENOKEY | a signature by nobody known
unknown-hooked         | 0 | lsm/bpf_prog_load never sees it
nested                 | 0 | the key is in a keyring inside the named one
nested-hooked          | 1 | verified before lsm/bpf_prog_load sees it
nested-record          | absent..7.1; verdict 1 type 4 ring | with the named keyring
nested-attr            | signed ring0 | and attr->signature
inner                  | 0 | the keyring that holds the key is named
inner-hooked           | 1 | one call of the hook
inner-record           | absent..7.1; verdict 1 type 4 ring | with its own serial
session                | 0 | keyring_id -3
session-hooked         | 1 | one call of the hook
session-record         | absent..7.1; verdict 1 type 4 session | the session keyring's serial
session-attr           | signed -3 | attr->keyring_id stays -3
early-id               | 0 | lsm/bpf_prog_load: no id yet
early-maps             | 0 | and no maps
late-id                | its | lsm/bpf_prog: the id
late-maps              | 1 | and the maps
by-id                  | 0 load, 1 prog | BPF_PROG_GET_FD_BY_ID: lsm/bpf_prog again
pinned                 | 0 load, 1 prog | opening a pinned program: lsm/bpf_prog again
loaded                 | 0 | a program that a loader loads
loaded-kernel          | 1 | comes from the kernel
loaded-record          | absent..7.1; verdict 0 type 0 none | unsigned
loaded-attr            | unsigned 0 | unsigned
END

# Each errno. First what needs no more than one good key.
collect facts odd "$ring" key-rsa2048.sig
collect facts loads "$ring" flipped.sig wrong.sig wrong-attr.sig smimecap.sig text.sig garbage.sig \
	truncated.sig pem.sig attached.sig stream.sig size-8192.sig size-8193.sig trailing.sig \
	pss.sig pss-key.sig ed25519.sig hash-rsa-{md5,sha512-256,sha3-224}.sig
bare=$(keyctl padd asymmetric '' "$empty" <rsa2048.cert)
user=$(keyctl add user facts x "$empty")
collect facts load bare-key "$bare" key-rsa2048.sig
collect facts load user-key "$user" key-rsa2048.sig
collect facts load other-ring "$(ring_of other)" key-rsa2048.sig
dead=$(ring_of)
keyctl unlink "$dead" @s
collect facts load dead-ring "$dead" key-rsa2048.sig
# search as possessor and as owner, of a keyring and of the key inside
for perm in 0x373f0000 0x3f370000 0x37370000; do
	searched=$(ring_of rsa2048)
	keyctl setperm "$searched" $perm
	collect facts load "ring-$perm" "$searched" key-rsa2048.sig
	searched=$(ring_of rsa2048)
	keyctl setperm "$(keyctl rlist "$searched")" $perm
	collect facts load "key-$perm" "$searched" key-rsa2048.sig
done
check_rows <<'END'
good            | 0 | what should load
null-sized      | 0 | no signature, but a size and a keyring: unsigned
null-ring       | 0 | no signature, a keyring: unsigned
null-no-ring    | 0 | no signature, no such keyring: unsigned
empty           | EBADMSG..7.2; EINVAL | a signature of size 0
fault           | ENOMEM..7.0; EFAULT | the signature cannot be read
ring-none       | EINVAL | no key has the serial
dead-ring       | EINVAL | the keyring is gone
ring-3          | EINVAL | 3 is no kind of keyring
ring-4          | EINVAL | nor is 4
ring-99         | EINVAL | nor -99
ring-thread     | EINVAL | -1 without a thread keyring
ring-process    | EINVAL | -2 without a process keyring
ring-builtin    | ENOKEY | 0: not a key of the kernel's own
ring-secondary  | ENOKEY | 1
ring-platform   | ENOKEY | 2
bare-key        | ENOKEY | the signer's key itself, not a keyring
user-key        | ENOKEY | a key of type user
other-ring      | ENOKEY | a keyring with another key
ring-0x373f0000 | 0 | the keyring's possessor may not search it, but its owner may, and is who loads
ring-0x3f370000 | 0 | its owner may not, but its possessor may: whoever loads counts as that
ring-0x37370000 | ENOKEY | neither may
key-0x373f0000  | 0 | the same for the key inside
key-0x3f370000  | 0 | whoever loads possesses it
key-0x37370000  | ENOKEY | neither may search it
flipped         | EKEYREJECTED | the signature's value is wrong
wrong           | EKEYREJECTED | a signature of something else
wrong-attr      | EKEYREJECTED | the same with signed attributes: a wrong messageDigest
smimecap        | EKEYREJECTED | signed attributes with S/MIME capabilities
text            | EKEYREJECTED | a CMS over canonicalised text
garbage         | EBADMSG | random bytes
truncated       | EBADMSG | the beginning of a signature
pem             | EBADMSG | PEM
attached        | EBADMSG | the content is inside
stream          | EBADMSG | openssl cms -stream
size-8192       | 0 | padded to 8192 bytes
size-8193       | EINVAL | and one more
trailing        | 0 | bytes after the DER
pss             | ENOPKG | RSA-PSS with an RSA key
pss-key         | ENOPKG | RSA-PSS with an RSA-PSS key
ed25519         | ENOPKG | Ed25519
hash-rsa-md5        | ENOPKG | MD5
hash-rsa-sha512-256 | ENOPKG | SHA-512/256
hash-rsa-sha3-224   | ENOPKG | SHA3-224
END

# What became of the key or the keyring.
one() { collect facts load "$1" "$2" key-rsa2048.sig; }
soon=$(ring_of rsa2048)
ring_soon=$(ring_of rsa2048)
keyctl timeout "$(keyctl rlist "$soon")" 1
keyctl timeout "$ring_soon" 1
ring=$(ring_of rsa2048)
keyctl revoke "$(keyctl rlist "$ring")"
one key-revoked "$ring"
keyctl padd asymmetric 'another description' "$ring" <rsa2048.cert >/dev/null
one key-good-copy "$ring"
ring=$(ring_of rsa2048)
key=$(keyctl rlist "$ring")
keyctl invalidate "$key"
collected "$key"
one key-invalidated "$ring"
ring=$(ring_of rsa2048)
keyctl unlink "$(keyctl rlist "$ring")" "$ring"
one key-unlinked "$ring"
ring=$(ring_of rsa2048)
keyctl revoke "$ring"
one ring-revoked "$ring"
ring=$(ring_of rsa2048)
keyctl invalidate "$ring"
one ring-invalidated "$ring"
case ${answer[ring-invalidated]} in ENOKEY | EINVAL) answer[ring-invalidated]=either ;; esac
collected "$ring"
one ring-collected "$ring"
sleep 2
one key-expired "$soon"
one ring-expired "$ring_soon"
echo 1 >/proc/sys/kernel/keys/gc_delay
gone=$(ring_of rsa2048)
keyctl timeout "$(keyctl rlist "$gone")" 1
for _ in {1..15}; do
	sleep 1
	[ -n "$(keyctl rlist "$gone")" ] || break
done
one key-collected "$gone"
check_rows <<'END'
key-revoked      | EKEYREVOKED | KEYCTL_REVOKE of the key
key-good-copy    | 0 | and a good copy beside it
key-invalidated  | ENOKEY | KEYCTL_INVALIDATE of the key
key-unlinked     | ENOKEY | KEYCTL_UNLINK of the key
key-expired      | EKEYEXPIRED | KEYCTL_SET_TIMEOUT of the key
key-collected    | ENOKEY | and its end plus gc_delay has passed
ring-revoked     | EKEYREVOKED | KEYCTL_REVOKE of the keyring
ring-invalidated | either | KEYCTL_INVALIDATE of the keyring: ENOKEY, unless it is collected already
ring-collected   | EINVAL | and when it is
ring-expired     | EKEYEXPIRED | KEYCTL_SET_TIMEOUT of the keyring
END
done_testing

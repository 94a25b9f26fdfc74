#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What our design knows about keyrings of the kernel: names that only it may use, permissions and
# what each danger of theirs is, restrictions, keyrings inside keyrings, lifetimes. A row that fails
# names what a new kernel does differently. What became of a signer's key is in facts-load.t.
#
# Without a row: which of the kernel's functions are exported (our module is built against each
# kernel and loaded by module.t).
# lab: one kernel will do

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

declare -A errno_of=(
	["Operation not permitted"]=EPERM ["Permission denied"]=EACCES ["File exists"]=EEXIST
	["Invalid argument"]=EINVAL ["Required key not available"]=ENOKEY
	["Operation not supported"]=EOPNOTSUPP ["Key has expired"]=EKEYEXPIRED
	["Key has been revoked"]=EKEYREVOKED ["Not a directory"]=ENOTDIR
)

# try ROW CMD...: keyctl's sentence back to its errno; what it printed is in $out
try() {
	local word

	run "${@:2}"
	word=${err##*: }
	[ "$rc" = 0 ] && word=0
	answer[$1]=${errno_of[$word]-$word}
}
one() { collect facts load "$1" "$2" key-rsa2048.sig; }
add() { try "$1" keyctl padd asymmetric '' "$2" <"$3.cert"; }
# as_user CMD...: uid 1000 in a session of its own, with CAP_BPF
as_user() {
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps +bpf --ambient-caps +bpf \
		keyctl session - "$@"
}
system_ring() { awk -v name="$1:" '$8 == "keyring" && $9 == name { print $1 }' /proc/keys; }

# Names.
try dot-add keyctl add keyring .bpf '' @s
try dot-join keyctl session .bpf true
try dot-builtin keyctl session .builtin_trusted_keys true
try dot-user keyctl add user .bpf x @s
try under-add keyctl newring _bpf @s
try inside-add keyctl newring bpf.admin @s
check_rows <<'END'
dot-add     | EPERM | user space makes no keyring '.bpf'
dot-join    | EPERM | nor a session of that name
dot-builtin | EPERM | nor joins the kernel's own
dot-user    | 0 | but a key of type user may have the name
under-add   | 0 | and a keyring the name '_bpf'
inside-add  | 0 | or one with a dot inside
END

# Keyrings of the kernel's own.
builtin=$((16#$(system_ring .builtin_trusted_keys)))
add builtin-add "$builtin" rsa2048
add secondary-add $((16#$(system_ring .secondary_trusted_keys))) rsa2048
add blacklist-add $((16#$(system_ring .blacklist))) rsa2048
one builtin-serial "$builtin"
try builtin-link keyctl link "$builtin" "$(ring_of)"
try builtin-clear keyctl clear "$builtin"
try builtin-revoke keyctl revoke "$builtin"
fsverity=$((16#$(system_ring .fs-verity)))
add fsverity-add "$fsverity" rsa2048
one fsverity-load "$fsverity"
check_rows <<'END'
builtin-add    | EACCES | root puts nothing into .builtin_trusted_keys
secondary-add  | ENOKEY | .secondary_trusted_keys takes what a trusted key issued
blacklist-add  | EACCES | root puts nothing into .blacklist
builtin-serial | ENOKEY | its serial is a keyring_id like any other
builtin-link   | EACCES | it cannot be put into another keyring
builtin-clear  | EACCES | nor emptied
builtin-revoke | EACCES | nor revoked
fsverity-add   | 0 | but .fs-verity takes root's certificates
fsverity-load  | 0 | and verifies programs
END

# Restrictions.
restricted=$(ring_of)
try anchored keyctl restrict_keyring "$restricted" asymmetric "key_or_keyring:$(ring_of ca)"
add anchored-leaf "$restricted" leaf
add anchored-stranger "$restricted" rsa2048
try anchored-link keyctl link "$(keyctl rlist "$(ring_of rsa2048)")" "$restricted"
try anchored-nested keyctl newring nested "$restricted"
try anchored-user keyctl add user facts x "$restricted"
try anchored-again keyctl restrict_keyring "$restricted"
sealed=$(ring_of rsa2048)
try sealed keyctl restrict_keyring "$sealed"
add sealed-add "$sealed" p256
one sealed-load "$sealed"
try sealed-again keyctl restrict_keyring "$sealed"
try sealed-unlink keyctl unlink "$(keyctl rlist "$sealed")" "$sealed"
late=$(ring_of)
anchor=$(ring_of ca)
keyctl restrict_keyring "$late" asymmetric "key_or_keyring:$anchor"
add late-before "$late" leaf
keyctl revoke "$(keyctl rlist "$anchor")"
add late-after "$late" leaf
collect facts load late-load "$late" key-leaf.sig
vendor=$(ring_of)
try vendor keyctl restrict_keyring "$vendor" asymmetric builtin_and_secondary_trusted
add vendor-add "$vendor" rsa2048
check_rows <<'END'
anchored          | 0 | restricted to what a keyring's CA issued
anchored-leaf     | 0 | takes its leaf
anchored-stranger | ENOKEY | and no self-signed certificate
anchored-link     | ENOKEY | nor one that exists and is linked
anchored-nested   | EOPNOTSUPP | nor a keyring
anchored-user     | EOPNOTSUPP | nor another type of key
anchored-again    | EEXIST | the restriction stays
sealed            | 0 | restricted to nothing
sealed-add        | EPERM | takes no key
sealed-load       | 0 | what is inside verifies
sealed-again      | EEXIST | the restriction stays
sealed-unlink     | 0 | but unlinking is still allowed
late-before       | 0 | the anchor is good
late-after        | ENOKEY | the anchor is revoked: no new leaf
late-load         | 0 | but the leaf that was there stays
vendor            | 0 | restricted to the kernel's own keys
vendor-add        | ENOKEY | takes nothing of ours
END

# Keyrings inside keyrings.
top=$(ring_of)
deep=$top
for depth in 1 2 3 4 5 6 7; do
	deep=$(keyctl newring "deep$depth" "$deep")
	key=$(keyctl padd asymmetric '' "$deep" <rsa2048.cert)
	one "deep-$depth" "$top"
	keyctl unlink "$key" "$deep"
	one "emptied-$depth" "$top"
done
top=$(ring_of)
inner=$(keyctl newring inner "$top")
keyctl padd asymmetric '' "$inner" <rsa2048.cert >/dev/null
keyctl revoke "$inner"
one inner-revoked "$top"
top=$(ring_of)
inner=$(keyctl newring inner "$top")
keyctl padd asymmetric '' "$inner" <rsa2048.cert >/dev/null
keyctl timeout "$inner" 1
sleep 2
one inner-expired "$top"
check_rows <<'END'
deep-1        | 0 | the key one keyring down
deep-2        | 0 | two
deep-3        | 0 | three
deep-4        | 0 | four
deep-5        | 0 | five
deep-6        | 0 | six
deep-7        | ENOKEY | seven is too deep
emptied-1     | ENOKEY | the key out again
emptied-2     | ENOKEY | the same
emptied-3     | ENOKEY | the same
emptied-4     | ENOKEY | the same
emptied-5     | ENOKEY | the same
emptied-6     | ENOKEY | the same
emptied-7     | ENOKEY | the same
inner-revoked | ENOKEY | a revoked keyring inside is passed over
inner-expired | 0 | but an expired one is searched
END

# Descriptions.
same=$(ring_of)
first=$(keyctl padd asymmetric same "$same" <rsa2048.cert)
own=$(keyctl rdescribe "$(keyctl rlist "$(ring_of p256)")")
answer[description-own]=$(sed -E 's/.*;//; s/[0-9a-f]{40}$/IDENTIFIER/' <<<"$own")
keyctl padd asymmetric same "$same" <p256.cert >/dev/null
one description-first "$same"
collect facts load description-second "$same" key-p256.sig
again=$(keyctl padd asymmetric same "$same" <p256.cert)
answer[description-again]=$([ "$again" != "$first" ] && keyctl rlist "$same" | wc -w)
check_rows <<'END'
description-own    | p256: IDENTIFIER | a certificate added without description
description-first  | ENOKEY | another under the same description displaces the first
description-second | 0 | and is there itself
description-again  | 1 | the same once more: a new key in the place of the old
END

# Permissions, against another user with CAP_BPF. Keyrings in @u outlive the session.
guarded() { # PERM: a keyring with that permission, and its certificate
	local ring

	ring=$(keyctl newring "guarded$1" @u)
	keyctl setperm "$(keyctl padd asymmetric '' "$ring" <rsa2048.cert)" "$1"
	keyctl setperm "$ring" "$1"
	echo "$ring"
}
ours=$(guarded 0x083f0000)
key=$(keyctl rlist "$ours")
collect as_user facts load user-load "$ours" key-rsa2048.sig
try user-add as_user keyctl add user x x "$ours"
try user-unlink as_user keyctl unlink "$key" "$ours"
try user-clear as_user keyctl clear "$ours"
try user-revoke as_user keyctl revoke "$ours"
try user-invalidate as_user keyctl invalidate "$ours"
try user-invalidate-key as_user keyctl invalidate "$key"
add root-add "$ours" p256
one root-load "$ours"
open=$(guarded 0x083f0008)
try open-invalidate as_user keyctl invalidate "$open"
collected "$open"
one open-gone "$open"
check_rows <<'END'
user-load           | 0 | 0x083f0000: another user loads by its serial
user-add            | EACCES | but adds nothing
user-unlink         | EACCES | unlinks nothing
user-clear          | EACCES | clears nothing
user-revoke         | EACCES | revokes nothing
user-invalidate     | EACCES | nor invalidates the keyring
user-invalidate-key | EACCES | or the key
root-add            | 0 | root still adds
root-load           | 0 | and loads
open-invalidate     | 0 | with search for others, another user invalidates it
open-gone           | EINVAL | and no program loads any more
END

# Joining by name.
shared=$(guarded 0x083f0008)
joined() { as_user keyctl session "$1" keyctl id @s 2>/dev/null; }
same_as() { if [ "$1" = "$2" ]; then echo same; else echo other; fi; }
answer[join-searchable]=$(same_as "$shared" "$(joined guarded0x083f0008)")
answer[join-guarded]=$(same_as "$ours" "$(joined guarded0x083f0000)")
squat=$(as_user bash -c 'keyctl link @u @s && r=$(keyctl newring squatted @u) &&
	keyctl setperm "$r" 0x3f3f0008 && echo "$r"' 2>/dev/null)
mine=$(keyctl newring squatted @u)
keyctl setperm "$mine" 0x3f3f0008
got=$(keyctl session squatted keyctl id @s 2>/dev/null)
answer[join-squatted]=$(same_as "$squat" "$got")
session=$(keyctl session - keyctl newring short-lived @s 2>/dev/null)
sleep 1
one session-gone "$session"
kept=$(keyctl session - bash -c 'keyctl link @u @s && r=$(keyctl newring kept @u) &&
	keyctl padd asymmetric "" "$r" <rsa2048.cert >/dev/null && echo "$r"' 2>/dev/null)
one user-kept "$kept"
expired=$(ring_of rsa2048)
key=$(keyctl rlist "$expired")
keyctl timeout "$key" 1
sleep 2
try expired-revived keyctl timeout "$key" 100
check_rows <<'END'
join-searchable | same | a session joined by name is the keyring that others may search
join-guarded    | other | else a new empty one is made in silence
join-squatted   | same | the first of that name wins, also when another user made it
session-gone    | EINVAL | a keyring only in a session dies with it
user-kept       | 0 | one in @u stays
expired-revived | EKEYEXPIRED | an expired key gets no new timeout
END

# Last, because it takes the kernel's own keys away.
try builtin-invalidate keyctl invalidate "$builtin"
check_rows <<'END'
builtin-invalidate | 0 | root invalidates .builtin_trusted_keys
END
done_testing

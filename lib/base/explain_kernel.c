// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the kernel's answers mean where signed programs and keyrings are
 * concerned. One errno has several causes there; each row names those that
 * were seen on kernels 6.18 to 7.3, most frequent first.
 */
#include <errno.h>

#include "explain.h"

#define LOAD(e, why, then) { BPFKEY_EXPLAIN_PROG_LOAD, #e, e, why, then }
#define ADD(e, why, then) { BPFKEY_EXPLAIN_ADD_KEY, #e, e, why, then }
#define RESTRICT(e, why, then) { BPFKEY_EXPLAIN_RESTRICT, #e, e, why, then }

const struct bpfkey_explanation bk_explain_kernel[] = {
	LOAD(EPERM, "the process lacks CAP_BPF, the gate refused the load, or, from kernel 7.3 "
	     "on, a map of the loader is not frozen or not exclusive to it; a kernel booted with "
	     "bpf.keyring_unsealed=1 also refuses every keyring but its own .bpf (-9)",
	     "as root: 'keyctl-bpf gate log' shows a refusal by the gate; "
	     "'keyctl-bpf load' sets maps up as 7.3 wants them"),
	LOAD(ENOENT, "something that the program names does not exist, such as a BTF type",
	     "sign the object again on a kernel, or for one, that has it"),
	LOAD(E2BIG, "the program is too large, or the kernel is older than 6.18 and does not know "
	     "signatures",
	     "'keyctl-bpf doctor' tells whether this kernel knows signatures"),
	LOAD(EAGAIN, "a signal interrupted the verifier", "repeat the command"),
	LOAD(ENOMEM, "the kernel had no memory for the program, or, up to kernel 7.0, the "
	     "signature could not be read from the caller's memory",
	     "raise the limits of memory; 'keyctl-bpf load' hands signatures over correctly"),
	LOAD(EACCES, "the verifier refused the program, or its maps do not fit its signature: up "
	     "to kernel 7.2 a map is exclusive to another program, from 7.3 on maps are not "
	     "bound by one fd_array or more than the signed ones are bound",
	     "read the verifier's log in the message; 'keyctl-bpf verify OBJ --kernel all' tells "
	     "which kernels take the object"),
	LOAD(EFAULT, "the signature could not be read from the caller's memory",
	     "load with 'keyctl-bpf load', or correct the loading program"),
	LOAD(EBUSY, "from kernel 7.3 on: someone still has a map of the loader open for writing",
	     "close what holds the map, then load again"),
	LOAD(EINVAL, "the keyring id names no keyring, the signature is longer than 8192 bytes, "
	     "or, from kernel 7.3 on, the signature is empty, a bound map is no array, or a "
	     "signed program names a map by descriptor",
	     "compare the keyring id with /run/keyctl-bpf/keyring-id and 'keyctl-bpf keyring "
	     "show'; then 'keyctl-bpf verify OBJ --kernel all'"),
	LOAD(ENOSPC, "the buffer for the verifier's log is too small",
	     "load with 'keyctl-bpf load', which makes it large enough"),
	LOAD(ENOPKG, "the kernel does not know the signature's algorithm: RSA-PSS, Ed25519, or a "
	     "hash whose module is not loaded (SHA-384 and SHA-512 on 7.1, SHA-3 from 7.1 on)",
	     "sign again with 'keyctl-bpf sign', which uses SHA-256 and RSA or a NIST curve"),
	LOAD(EBADMSG, "the signature is not a detached CMS in DER: it is PEM, truncated, has the "
	     "content inside, or, up to kernel 7.2, is empty",
	     "sign again with 'keyctl-bpf sign'; 'keyctl-bpf verify OBJ' tells what is wrong"),
	LOAD(ENOKEY, "the signer's key is not in the keyring, was removed from it, or the keyring "
	     "or the key lacks search permission for its possessor; an id that names a single "
	     "key instead of a keyring gives the same answer, and so does a kernel's own .bpf "
	     "(-9) until it holds a key and is sealed",
	     "compare the key id of 'keyctl-bpf verify OBJ' with 'keyctl-bpf keyring show'"),
	LOAD(EKEYEXPIRED, "the signer's key or the keyring has expired; some minutes later the "
	     "kernel answers ENOKEY instead",
	     "renew the certificate, enrol it and sign again; see 'keyctl-bpf keyring show'"),
	LOAD(EKEYREVOKED, "the signer's key or the keyring was revoked",
	     "sign again with a key that 'keyctl-bpf keyring show' lists"),
	LOAD(EKEYREJECTED, "the signature is not one of this content: the program or its metadata "
	     "was changed, the signature covers what another kernel generation wants (up to 7.2 "
	     "instructions, from 7.3 on metadata too), or it was made over converted text",
	     "'keyctl-bpf verify OBJ --kernel all' tells which; get the original or sign again"),

	ADD(EPERM, "the keyring is sealed and takes no key any more, or its name begins with a "
	    "dot and only the kernel may make it",
	    "'keyctl-bpf keyring show' tells whether it is sealed; a sealed one opens at reboot"),
	ADD(ENOENT, "the kernel can read the key's algorithm but was built without it (ML-DSA on "
	    "Debian)",
	    "use p256, p384, p521 or RSA from 2048 to 4096 bits"),
	ADD(ENOMEM, "the kernel had no memory for the key", "free memory, then repeat the command"),
	ADD(EACCES, "the process may not write to the keyring",
	    "as root, from a session that possesses it; 'keyctl-bpf keyring show' shows the "
	    "permissions"),
	ADD(EINVAL, "the description is empty, or the keyring id is not valid",
	    "enrol with 'keyctl-bpf keyring enroll CERT', which sets both"),
	ADD(ENOTDIR, "the id names a key, not a keyring",
	    "compare it with 'keyctl-bpf keyring show'"),
	ADD(ENOPKG, "the kernel does not know the certificate's key or signature algorithm "
	    "(Ed25519, RSA-PSS, secp256k1), or its module is not loaded",
	    "use p256, p384, p521 or RSA from 2048 to 4096 bits with SHA-256"),
	ADD(EBADMSG, "the bytes are not a certificate in DER: PEM, truncated or something else",
	    "enrol with 'keyctl-bpf keyring enroll CERT', which converts PEM"),
	ADD(EOPNOTSUPP, "the keyring is restricted to certificates, and this is another kind of "
	    "key or a keyring",
	    "enrol certificates only"),
	ADD(EDQUOT, "the owner of the keyring has used up the quota of keys",
	    "raise /proc/sys/kernel/keys/root_maxkeys and root_maxbytes (maxkeys and maxbytes "
	    "for other users)"),
	ADD(ENOKEY, "the keyring takes only certificates that one of its anchors issued, and no "
	    "valid anchor issued this one; or the keyring was dropped",
	    "issue it with 'keyctl-bpf cert issue --ca ANCHOR', or see 'keyctl-bpf keyring show "
	    "--all' for the anchors"),
	ADD(EKEYEXPIRED, "the keyring has expired",
	    "make it anew with 'keyctl-bpf keyring create'"),
	ADD(EKEYREVOKED, "the keyring was revoked",
	    "make it anew with 'keyctl-bpf keyring create'"),
	ADD(EKEYREJECTED, "the kernel's blacklist holds this certificate, or its signature by the "
	    "anchor is wrong",
	    "issue a new certificate for another key"),

	RESTRICT(EPERM, "the process may not change the keyring's attributes",
		 "repeat the command as root"),
	RESTRICT(ENOENT, "the kernel has no restriction of that type",
		 "'keyctl-bpf doctor' lists what this kernel lacks"),
	RESTRICT(EACCES, "the keyring does not let the process set attributes",
		 "as root, before the keyring is sealed; see 'keyctl-bpf keyring show'"),
	RESTRICT(EEXIST, "the keyring is restricted already, and the first restriction stays",
		 "nothing to do if 'keyctl-bpf keyring show' prints the wanted profile; else "
		 "reboot and seal anew"),
	RESTRICT(ENOTDIR, "the id names a key, not a keyring",
		 "compare it with 'keyctl-bpf keyring show'"),
	RESTRICT(EINVAL, "the kernel does not understand the restriction",
		 "seal with 'keyctl-bpf keyring seal --profile PROFILE'"),
	RESTRICT(EDEADLK, "the keyring would be its own anchor",
		 "keep anchors in .bpf_anchor; see 'keyctl-bpf keyring show --all'"),
	RESTRICT(EOPNOTSUPP, "the key type has no restrictions",
		 "'keyctl-bpf doctor' lists what this kernel lacks"),
	RESTRICT(ENOKEY, "the anchor that the restriction names does not exist",
		 "enrol an anchor first: 'keyctl-bpf keyring enroll --role anchor CERT'"),
	RESTRICT(EKEYEXPIRED, "the keyring or its anchor has expired",
		 "enrol a valid anchor: 'keyctl-bpf keyring enroll --role anchor CERT'"),
	RESTRICT(EKEYREVOKED, "the keyring or its anchor was revoked",
		 "enrol a valid anchor: 'keyctl-bpf keyring enroll --role anchor CERT'"),
};

const size_t bk_explain_kernel_n = ARRAY_SIZE(bk_explain_kernel);

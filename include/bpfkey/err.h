/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closed list of results. Every call of the library returns 0 or one of
 * these negated (-BPFKEY_E_...); the sentence for people is in the context.
 *
 * The list is one table: its enumerator, the exit status that a program
 * answers with (keyctl-bpf(1), EXIT STATUS), and a short text that stands in
 * when a context holds no sentence. Entries are only ever appended.
 */
#ifndef BPFKEY_ERR_H
#define BPFKEY_ERR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* X(name, exit, text) */
#define BPFKEY_ERRORS(X)                                                       \
	X(IO, 1, "input or output failed")                                     \
	X(NOMEM, 1, "out of memory")                                           \
	X(FORMAT, 1, "malformed input")                                        \
	X(TOO_BIG, 1, "input is larger than its limit")                        \
	X(EXISTS, 1, "the output exists already")                              \
	X(NOT_FOUND, 1, "not found")                                           \
	X(BUSY, 1, "in use by another process")                                \
	X(INTERRUPTED, 1, "interrupted")                                       \
	X(UNCHECKED, 1, "could not check")                                     \
	X(INTERNAL, 1, "internal error")                                       \
	X(USAGE, 2, "wrong usage")                                             \
	X(SIGNATURE, 3, "bad signature")                                       \
	X(TAMPERED, 3, "the content is not what was signed")                   \
	X(UNSIGNED, 3, "not signed")                                           \
	X(MALFORMED, 3, "malformed signed input")                              \
	X(UNKNOWN_SIGNER, 3, "signed by an unknown key")                       \
	X(REVOKED, 3, "revoked")                                               \
	X(EXPIRED, 3, "expired")                                               \
	X(NOT_YET_VALID, 3, "not yet valid")                                   \
	X(ROLE, 3, "wrong role")                                               \
	X(WEAK, 3, "too weak")                                                 \
	X(ALGORITHM, 3, "algorithm not accepted")                              \
	X(ENROLLED, 3, "enrolled already")                                     \
	X(DISPLACES, 3, "would displace another key")                          \
	X(NOT_ENROLLED, 3, "not enrolled")                                     \
	X(SEALED, 3, "sealed until the next boot")                                  \
	X(MISMATCH, 3, "key and description differ")                           \
	X(INSECURE, 3, "others can read or change it")                         \
	X(PIN, 3, "wrong PIN or passphrase")                                   \
	X(LOCKOUT, 3, "the TPM is locked out")                                 \
	X(OTHER_TPM, 3, "made for another TPM")                                \
	X(POLICY, 3, "the policy of the key is not met")                       \
	X(KERNEL, 3, "the kernel refused")                                     \
	X(GATE, 3, "the gate refused")                                         \
	X(NOT_A_LOADER, 3, "cannot be made a signed object")                   \
	X(WOULD_DENY, 3, "something in use would be denied")                   \
	X(SELF_TEST, 3, "self-test failed")                                    \
	X(FOREIGN, 3, "not ours to change")                                    \
	X(TPM, 1, "the TPM answered with an error")                            \
	X(NO_TPM, 4, "no TPM here")                                            \
	X(NO_KERNEL, 4, "this kernel cannot do it")                            \
	X(NO_KEYRING, 4, "no such keyring on this machine")                    \
	X(NO_GATE, 4, "the gate is not installed")                             \
	X(PRIVILEGE, 4, "not permitted for this user")                         \
	X(NO_SUPPORT, 4, "this build or machine cannot do it")                 \
	X(ATTENTION, 3, "something needs attention")                           \
	X(NO_TOKEN, 4, "no such token here")                                   \
	X(TOKEN, 1, "the token answered with an error")                        \
	X(THRESHOLD, 3, "too few signatures")                                  \
	X(ROLLBACK, 3, "older than what is in force")                          \
	X(NO_AGENT, 4, "no signing agent here")                                \
	X(AGENT, 3, "the signing agent refused")

enum bpfkey_err {
	BPFKEY_OK = 0,
#define X(name, exit, text) BPFKEY_E_##name,
	BPFKEY_ERRORS(X)
#undef X
	BPFKEY_E__END
};

/**
 * bpfkey_err_name - the name that --json carries as error.code
 * @r: a result, 0 or negative
 *
 * Returns "E_REVOKED" and the like, "OK" for 0; never NULL. Static storage.
 */
const char *bpfkey_err_name(int r);

/** bpfkey_err_text - the short English text of a result; never NULL. */
const char *bpfkey_err_text(int r);

/** bpfkey_err_exit - the exit status (0 to 4) that answers a result. */
int bpfkey_err_exit(int r);

/* Which family of codes an explanation is looked up in. */
enum bpfkey_explain_kind {
	BPFKEY_EXPLAIN_ERROR,		/* "E_REVOKED" */
	BPFKEY_EXPLAIN_PROG_LOAD,	/* errno of BPF_PROG_LOAD, "ENOKEY" */
	BPFKEY_EXPLAIN_ADD_KEY,		/* errno of add_key on a keyring */
	BPFKEY_EXPLAIN_RESTRICT,	/* errno of KEYCTL_RESTRICT_KEYRING */
	BPFKEY_EXPLAIN_TPM,		/* TPM response code, "0x98e" */
};

/**
 * struct bpfkey_explanation - one row of the table behind `explain`
 * @kind:  where the code comes from
 * @name:  "ENOKEY", "0x98e", "E_REVOKED"
 * @code:  errno (positive), TPM response code without its layer and without
 *         handle, session and parameter numbers, or enum bpfkey_err
 * @cause: a sentence; @next: what to do, naming a command where one helps
 */
struct bpfkey_explanation {
	enum bpfkey_explain_kind kind;
	const char *name;
	unsigned int code;
	const char *cause;
	const char *next;
};

/**
 * bpfkey_explain - look a code up
 *
 * Returns the row, or NULL when the table has none. Static storage.
 */
const struct bpfkey_explanation *bpfkey_explain(enum bpfkey_explain_kind kind,
						unsigned int code);

/**
 * bpfkey_explain_next - walk the whole table
 * @prev: NULL for the first row
 */
const struct bpfkey_explanation *
bpfkey_explain_next(const struct bpfkey_explanation *prev);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

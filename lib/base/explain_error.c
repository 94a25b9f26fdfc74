// SPDX-License-Identifier: LGPL-2.1-or-later
/* The library's own codes (err.h), each with its usual cause and the next step. */
#include "explain.h"

#define ROW(sym, why, then) { BPFKEY_EXPLAIN_ERROR, "E_" #sym, BPFKEY_E_##sym, why, then }

const struct bpfkey_explanation bk_explain_error[] = {
	ROW(IO, "a file, a device or a pipe could not be read or written",
	    "look at the cause behind the last colon of the message; free space or fix "
	    "permissions, then repeat the command"),
	ROW(NOMEM, "the system had no memory left for the process",
	    "raise the limit of memory, then repeat the command"),
	ROW(FORMAT, "a file that nobody signed is not what its command expects",
	    "check that the right file was named; 'keyctl-bpf inspect' and "
	    "'keyctl-bpf cert show' tell what a file is"),
	ROW(TOO_BIG, "a file is larger than anything of its kind can be",
	    "check that the right file was named"),
	ROW(EXISTS, "the output exists, and files are not overwritten unasked",
	    "name another output, or repeat with '--force' where the command has it"),
	ROW(NOT_FOUND, "no file, key or entry of that name exists",
	    "check the name that the message quotes"),
	ROW(BUSY, "another process holds the lock of a TPM or of a state directory",
	    "wait for it to end, then repeat the command"),
	ROW(INTERRUPTED, "a signal ended the command early; nothing was half written",
	    "repeat the command"),
	ROW(UNCHECKED, "the question could not be answered, which is neither yes nor no",
	    "remove the cause that the message names, then repeat the command"),
	ROW(INTERNAL, "the program met a state that it rules out",
	    "report it with the whole message and the output of 'keyctl-bpf --version'"),
	ROW(USAGE, "the command line is wrong",
	    "read the usage line, or 'keyctl-bpf COMMAND --help'"),
	ROW(SIGNATURE, "the key is known, but the signature is not its signature of this content",
	    "get the original file again, or sign it again with 'keyctl-bpf sign'"),
	ROW(TAMPERED, "the content was changed after it was signed",
	    "get the original file again; do not sign it again before you know who changed it"),
	ROW(UNSIGNED, "the object carries no signature of ours",
	    "sign it with 'keyctl-bpf sign OBJ --key KEY --cert CERT'"),
	ROW(MALFORMED, "signed input is damaged, truncated or made by something else",
	    "get the original file again"),
	ROW(UNKNOWN_SIGNER, "the signer's certificate is not among those that count here",
	    "compare the key id with 'keyctl-bpf keyring show'; enrol its certificate with "
	    "'keyctl-bpf keyring enroll CERT' only if you trust it"),
	ROW(REVOKED, "the key was revoked", "sign again with a key that is enrolled; see "
	    "'keyctl-bpf keyring show'"),
	ROW(EXPIRED, "the time of validity is over, by this machine's clock",
	    "check the clock, then renew the certificate with 'keyctl-bpf cert new' or "
	    "'keyctl-bpf cert issue'"),
	ROW(NOT_YET_VALID, "the time of validity begins later, by this machine's clock",
	    "check the clock of this machine and of the one that made the certificate"),
	ROW(ROLE, "the certificate was made for another purpose",
	    "look at its roles with 'keyctl-bpf cert show', and use one of the right role"),
	ROW(WEAK, "the key is too short or the signature hash too weak",
	    "make a new key with 'keyctl-bpf key new --alg p256'"),
	ROW(ALGORITHM, "the algorithm is not in the table of those that kernels take",
	    "use p256, p384, p521 or RSA from 2048 to 4096 bits"),
	ROW(ENROLLED, "the same key is in the keyring already",
	    "nothing to do; 'keyctl-bpf keyring show' lists it"),
	ROW(DISPLACES, "another key of that description is in the keyring, and adding would "
	    "drop it silently",
	    "remove the other one first with 'keyctl-bpf keyring remove'"),
	ROW(NOT_ENROLLED, "the keyring does not hold that key",
	    "'keyctl-bpf keyring show' lists those it holds"),
	ROW(SEALED, "the keyring or the gate is sealed, and no command can undo that",
	    "a gate takes signed images ('keyctl-bpf gate apply'); otherwise reboot and provision "
	    "anew, or sign with a key that is enrolled"),
	ROW(MISMATCH, "two files that belong together do not: key and certificate, or key and "
	    "description",
	    "compare 'keyctl-bpf key show' with 'keyctl-bpf cert show'"),
	ROW(INSECURE, "a private file or directory is open to others or belongs to someone else",
	    "set owner and mode (0600 for keys, 0700 for directories); treat the key as leaked "
	    "if it mattered"),
	ROW(PIN, "the PIN or passphrase was wrong; a TPM or a token counted the attempt",
	    "try again with the right one; see 'keyctl-bpf tpm show' for attempts left in a TPM"),
	ROW(LOCKOUT, "too many wrong PINs, or power cuts while one was in use: the TPM refuses "
	    "even the right one for a while, a token until its PIN is set anew",
	    "wait the interval that 'keyctl-bpf tpm show' prints, or unlock the token with its own "
	    "tool"),
	ROW(OTHER_TPM, "the key file was made by another TPM, or this TPM was cleared since",
	    "use the machine that made it, or make a new key with 'keyctl-bpf key new'"),
	ROW(POLICY, "the machine is not in the state that the key demands",
	    "look at 'keyctl-bpf key show'; boot the state that the policy names"),
	ROW(KERNEL, "the kernel refused the request; the message names its reason",
	    "'keyctl-bpf explain ERRNO' tells more about it"),
	ROW(GATE, "the gate's rules do not allow it", "see why in 'keyctl-bpf gate log'"),
	ROW(NOT_A_LOADER, "the object uses something that a loader program cannot set up",
	    "change the object as the message says, then sign it again"),
	ROW(WOULD_DENY, "enforcing now would refuse programs that this machine was seen to load",
	    "look at 'keyctl-bpf gate log'; sign those programs, or repeat with '--yes-deny'"),
	ROW(SELF_TEST, "the gate did not decide a test load as it must, so it was not trusted",
	    "run 'keyctl-bpf doctor', and report the message"),
	ROW(FOREIGN, "something of that name exists that keyctl-bpf did not make",
	    "find out whose it is before you remove it by hand"),
	ROW(TPM, "the TPM answered with an error code that the message explains",
	    "'keyctl-bpf explain 0xCODE' tells more about it"),
	ROW(NO_TPM, "no TPM answers at the place that was named or at the default",
	    "name one with '--tpm', or enable the TPM in the firmware"),
	ROW(NO_KERNEL, "the running kernel lacks an ability",
	    "'keyctl-bpf doctor' lists what it lacks; signed programs need 6.18 or later"),
	ROW(NO_KEYRING, "this machine has no keyring of that name",
	    "make it with 'keyctl-bpf keyring create'"),
	ROW(NO_GATE, "the gate is not installed", "install it with 'keyctl-bpf gate install'"),
	ROW(PRIVILEGE, "the user may not do this", "repeat the command as root"),
	ROW(NO_SUPPORT, "this build or this machine cannot do it",
	    "'keyctl-bpf doctor' lists what is missing"),
	ROW(ATTENTION, "a check found what should not stay as it is",
	    "do what each finding names as its next step"),
	ROW(NO_TOKEN, "no PKCS#11 token or module is there that the pkcs11: URI could mean",
	    "see with 'p11tool --list-token-urls' what is there; name the library with "
	    "'--pkcs11-module'"),
	ROW(TOKEN, "the PKCS#11 token answered with an error that the message names",
	    "look at what the token's own library logs"),
	ROW(THRESHOLD, "fewer different keys have signed than it takes",
	    "have more of the keys' owners sign the same file, and pass all signatures"),
	ROW(ROLLBACK, "its version is not above that of what is in force",
	    "make it anew with a higher version: going back is done by a newer one that says the "
	    "same as the old"),
	ROW(NO_AGENT, "nobody answers at the signing agent's socket",
	    "start it: 'keyctl-bpf-agent --sign'; keyctl-bpf-agent(1) tells what it needs"),
	ROW(AGENT, "the signing agent does not sign this, or not for this program",
	    "look at the agent's own log, which names the peer and the reason; "
	    "'keyctl-bpf gate show' lists the trusted loaders"),
};

const size_t bk_explain_error_n = ARRAY_SIZE(bk_explain_error);

_Static_assert(ARRAY_SIZE(bk_explain_error) == BPFKEY_E__END - 1, "a row for each code of err.h");

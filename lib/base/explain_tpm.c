/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TPM 2.0 response codes (TPM library specification part 2, 6.6). A TPM adds
 * the number of the handle, session or parameter at fault, so one cause is
 * seen under several codes; the rows hold the code without it, and the name
 * as it is met most.
 */
#include "explain.h"

#define FMT1 0x080u	/* such codes carry a number in bits 8 to 11, and 6 */
#define ROW(name, code, cause, next) { BPFKEY_EXPLAIN_TPM, name, code, cause, next }

const struct bpfkey_explanation bk_explain_tpm[] = {
	/* Authorisation */
	ROW("0x98e", FMT1 + 0x0e, "the PIN is wrong, and the TPM has counted the attempt",
	    "try again with care: 'keyctl-bpf tpm show' tells how many attempts are left"),
	ROW("0x9a2", FMT1 + 0x22, "the password is wrong, or one is needed and none was given",
	    "give the password that the key, or the owner of the TPM, was set up with"),
	ROW("0x921", 0x921,
	    "the TPM is locked out after too many wrong PINs, and refuses right ones too",
	    "'keyctl-bpf tpm show' tells the time until the next attempt; 'keyctl-bpf tpm "
	    "reset-lockout' ends it now"),
	ROW("0x12f", 0x12f, "the key can be used only under its policy, and a password was given",
	    "'keyctl-bpf key show FILE' tells what the key asks for; a policy that others wrote "
	    "only their program meets"),
	ROW("0x124", 0x124, "the key asks for another kind of authorisation",
	    "'keyctl-bpf key show FILE' tells what the key asks for"),
	ROW("0x125", 0x125, "the command lacks an authorisation that it needs",
	    "this is a mistake of ours: report it with the command and 'keyctl-bpf tpm show'"),

	/* Policies */
	ROW("0x99d", FMT1 + 0x1d,
	    "the policy of the key is not met: the measured state of the machine "
	    "(PCRs) is not the one that it was made for",
	    "if an update changed the machine: 'keyctl-bpf key policy sign', or 'keyctl-bpf key "
	    "recover' for a sealed key without signed policy; if nothing was updated, find out "
	    "what changed"),
	ROW("0x126", 0x126,
	    "the policy of the key is not met: a counter has moved on, the key was "
	    "replaced by a newer one",
	    "'keyctl-bpf key show FILE' names the counter; use the newest key, or sign the state "
	    "again with 'keyctl-bpf key policy sign --rollback INDEX:LIMIT'"),
	ROW("0x128", 0x128,
	    "the measured state of the machine (PCRs) changed while the key was in use",
	    "run the command again"),
	ROW("0x9a3", FMT1 + 0x23, "the policy of the key was signed for a time that is over",
	    "sign the state again: 'keyctl-bpf key policy sign'"),
	ROW("0x9a4", FMT1 + 0x24, "the policy of the key allows another command only",
	    "use the key for what it was made for"),
	ROW("0x2db", FMT1 + 0x1b, "the signature is not that of the policy key",
	    "'keyctl-bpf key policy show' tells which states are signed; sign the others again"),
	ROW("0x4e0", FMT1 + 0x20,
	    "the TPM was restarted between the check of a signature and its use",
	    "run the command again"),
	ROW("0x127", 0x127, "the TPM does not let this program at the PCR",
	    "PCR 16 and 23 are for programs; the others are measured by firmware and boot loader"),

	/* Objects */
	ROW("0x1df", FMT1 + 0x1f,
	    "the key was not made under this storage root key: by another TPM, "
	    "by this one before it was cleared, or the file was changed",
	    "use the machine where the key was made; a sealed key comes back with 'keyctl-bpf key "
	    "recover', any other only from a copy; else 'keyctl-bpf key new'"),
	ROW("0x2e5", FMT1 + 0x25,
	    "the public and the private part of the key do not belong together",
	    "restore the key file from a backup"),
	ROW("0x18b", FMT1 + 0x0b, "the TPM has no object at this handle",
	    "'tpm2_getcap handles-persistent' lists what it has"),
	ROW("0x910", 0x910,
	    "the loaded key is gone: the TPM was reset, or the machine was suspended",
	    "run the command again"),
	ROW("0x918", 0x918, "the session is gone: the TPM was reset, or the machine was suspended",
	    "run the command again"),
	ROW("0x2da", FMT1 + 0x1a, "the TPM was given too few bytes",
	    "restore the key file from a backup"),
	ROW("0x1d5", FMT1 + 0x15, "the data is longer than the TPM takes",
	    "a TPM seals 128 bytes at most; keys that it cannot hold are wrapped by a key that it "
	    "can"),
	ROW("0x1c2", FMT1 + 0x02, "the attributes of the key do not allow this",
	    "use a key that was made for signing"),
	ROW("0x29c", FMT1 + 0x1c, "the fields of the key do not fit its use",
	    "use a key that was made for signing"),
	ROW("0x2ca", FMT1 + 0x0a,
	    "the TPM does not have objects of this kind, or a file was changed",
	    "restore the key file from a backup"),
	ROW("0x2cd", FMT1 + 0x0d, "a field of the key is out of its range: the file was changed",
	    "restore the key file from a backup"),
	ROW("0x2d6", FMT1 + 0x16, "the TPM does not have this cipher, or the key file was changed",
	    "restore the key file from a backup"),
	ROW("0x2d7", FMT1 + 0x17,
	    "a structure is not the one that belongs there: a file was changed",
	    "restore the key file from a backup"),
	ROW("0x2d8", FMT1 + 0x18, "a field says that it is of a kind that the TPM does not know",
	    "restore the key file from a backup"),
	ROW("0x2e1", FMT1 + 0x21,
	    "the key sets attributes that this TPM does not know: it was made by a later one, "
	    "or the file was changed",
	    "restore the key file from a backup, or use it with the TPM that made it"),
	ROW("0x2e7", FMT1 + 0x27, "the public key is no point of its curve: the file was changed",
	    "restore the key file from a backup"),
	ROW("0x155", 0x155,
	    "the private part of the key is not of the kind that the public part says",
	    "restore the key file from a backup"),
	ROW("0x150", 0x150, "a saved key or session is of another boot, or was changed",
	    "run the command again"),
	ROW("0x152", 0x152, "the key hangs on another parent, or on none that can have keys",
	    "'keyctl-bpf key show FILE' tells which storage root key it hangs on"),

	/* Algorithms */
	ROW("0x2c4", FMT1 + 0x04,
	    "the TPM does not take a value: the size or kind of a key, or a state "
	    "that the policy key has not signed",
	    "'keyctl-bpf tpm show' lists the algorithms of this TPM, 'keyctl-bpf key policy show' "
	    "the states that are signed"),
	ROW("0x2e6", FMT1 + 0x26, "the TPM does not have this elliptic curve",
	    "'keyctl-bpf tpm show' lists the algorithms of this TPM"),
	ROW("0x2c7", FMT1 + 0x07, "the TPM does not have keys of this size",
	    "'keyctl-bpf tpm show' lists the algorithms of this TPM"),
	ROW("0x2c3", FMT1 + 0x03,
	    "the TPM does not have this hash, or the key was made for another one",
	    "'keyctl-bpf key show FILE' tells which one"),
	ROW("0x2d2", FMT1 + 0x12, "the key was made for another kind of signature",
	    "use a key with the scheme that is asked for, or without one"),
	ROW("0x2c1", FMT1 + 0x01, "the TPM does not have this kind of key",
	    "'keyctl-bpf tpm show' lists the algorithms of this TPM"),
	ROW("0x2c9", FMT1 + 0x09, "the TPM does not have this mode of a cipher",
	    "'keyctl-bpf tpm show' lists the algorithms of this TPM"),
	ROW("0x2cc", FMT1 + 0x0c, "the TPM does not have this way to derive keys",
	    "'keyctl-bpf tpm show' lists the algorithms of this TPM"),
	ROW("0x143", 0x143, "the TPM does not have this command",
	    "'keyctl-bpf tpm show' tells the revision of its specification"),

	/* NV memory */
	ROW("0x14a", 0x14a, "the counter was never incremented",
	    "count it up once (bpfkey_counter_increment(3), 'tpm2_nvincrement') before it is used"),
	ROW("0x14b", 0x14b, "the TPM has no room for another index",
	    "'tpm2_getcap handles-nv-index' lists them; remove one that nobody needs"),
	ROW("0x149", 0x149, "this authorisation does not allow to read or write the index",
	    "use the index with what made it"),
	ROW("0x148", 0x148, "the index is locked until the machine is started again",
	    "restart the machine"),
	ROW("0x146", 0x146, "the index is smaller than what is read or written",
	    "'tpm2_nvreadpublic' tells what stands there; something else may have taken the place"),
	ROW("0x147", 0x147, "the TPM does not have indices of this size",
	    "'tpm2_getcap properties-fixed' tells TPM2_PT_NV_INDEX_MAX"),
	ROW("0x14c", 0x14c, "something stands at this index already",
	    "'tpm2_nvreadpublic' tells what; use another index"),
	ROW("0x920", 0x920, "the TPM slows writing down to protect its memory",
	    "wait a few seconds, then run the command again"),
	ROW("0x923", 0x923, "the memory of the TPM cannot be written now",
	    "wait a few seconds, then run the command again"),

	/* State */
	ROW("0x100", 0x100, "the TPM is not started, or was started already",
	    "'tpm2_startup --clear', or restart the machine"),
	ROW("0x101", 0x101, "the TPM has failed and does nothing until it is reset",
	    "restart the machine (an embedded or swtpm TPM: its process); if it stays, the TPM is "
	    "broken"),
	ROW("0x120", 0x120, "the TPM is disabled in this hierarchy",
	    "enable the TPM (storage hierarchy) in the firmware's setup"),
	ROW("0x185", FMT1 + 0x05, "the hierarchy is disabled",
	    "enable the TPM (storage hierarchy) in the firmware's setup"),
	ROW("0x902", 0x902,
	    "the TPM has no room for another key: programs have left theirs loaded",
	    "use device:/dev/tpmrm0, which makes room, or 'tpm2_flushcontext --transient-object'"),
	ROW("0x903", 0x903,
	    "the TPM has no room for another session: programs have left theirs open",
	    "use device:/dev/tpmrm0, which makes room, or 'tpm2_flushcontext --loaded-session'"),
	ROW("0x905", 0x905,
	    "the TPM has no handle for another session: programs have left theirs open",
	    "'tpm2_flushcontext --saved-session', or restart the machine"),
	ROW("0x904", 0x904, "the TPM is out of memory",
	    "end other programs that use the TPM, then run the command again"),
	ROW("0x907", 0x907, "the TPM does not take this command from an operating system",
	    "use the key with what made it"),
	ROW("0x908", 0x908, "the TPM is busy", "run the command again"),
	ROW("0x909", 0x909, "the command was cancelled", "run the command again"),
	ROW("0x90a", 0x90a, "the TPM tests itself",
	    "wait a few seconds, then run the command again"),
	ROW("0x922", 0x922, "the TPM is busy", "run the command again"),
	ROW("0x12d", 0x12d, "the firmware of the TPM is being updated",
	    "let the update end, then run the command again"),
	ROW("0x12e", 0x12e, "the TPM has saved more sessions than it can count",
	    "'tpm2_flushcontext --saved-session', or restart the machine"),
	ROW("0x130", 0x130, "the TPM has to be restarted before it goes on",
	    "restart the machine"),
	ROW("0x153", 0x153, "the TPM has not tested itself yet",
	    "'tpm2_selftest', then run the command again"),
	ROW("0x901", 0x901, "a session was saved too long ago, and the TPM makes no others",
	    "'tpm2_flushcontext --saved-session', or restart the machine"),
	ROW("0x906", 0x906,
	    "the TPM has no handle for another key: programs have left theirs loaded",
	    "use device:/dev/tpmrm0, which makes room, or 'tpm2_flushcontext --transient-object'"),

	/* What we send: by a mistake of ours, or by what sits between us and the TPM */
#define OURS "repeat it; if it stays, report it with the command and 'keyctl-bpf tpm show'"
	ROW("0x98f", FMT1 + 0x0f, "the TPM did not take a session's nonce", OURS),
	ROW("0x103", 0x103, "the TPM got commands out of their order", OURS),
	ROW("0x121", 0x121, "another command came in between", OURS),
	ROW("0x131", 0x131,
	    "the TPM was asked for more encryption than it has been given keys for", OURS),
	ROW("0x142", 0x142, "the TPM got a command of another length than it says", OURS),
	ROW("0x144", 0x144, "the TPM got an authorisation of another length than it says", OURS),
	ROW("0x145", 0x145, "the TPM got an authorisation that the command does not take", OURS),
	ROW("0x151", 0x151, "the authorisation is for other parameters", OURS),
#undef OURS
};

const size_t bk_explain_tpm_n = ARRAY_SIZE(bk_explain_tpm);

unsigned int bk_explain_tpm_code(unsigned int rc)
{
	rc &= 0xfff;
	if (rc & FMT1)
		return rc & (FMT1 | 0x3f);
	/* Warnings 0x910 to 0x91e name the handle or session at fault. */
	if (rc >= 0x910 && rc <= 0x91e)
		return rc & ~7u;
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signed objects: make them, look into them, and answer offline what a kernel
 * will answer. Their format is keyctl-bpf-object(5).
 */
#ifndef BPFKEY_SIGN_H
#define BPFKEY_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/key.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct bpfkey_signer;

/**
 * bpfkey_signer_open - a private key of any form with its certificate
 * @key:  path of the key, or a pkcs11: URI; bpfkey/secret.h says where its
 *        passphrase or PIN comes from
 * @cert: path of its certificate: role build or delegated, or one that a CA has issued
 *        which a delegation of this machine names; valid now. NULL: the one that came
 *        with the key, in a PKCS#12 file or on the token
 * @ret:  free with bpfkey_signer_free(); a TPM stays open until then, so one
 *        signer for many objects is where the speed is
 *
 * -BPFKEY_E_MISMATCH (not the certificate of this key), _ROLE, _EXPIRED,
 * _NOT_YET_VALID, _INSECURE, _ALGORITHM, _FORMAT, _NO_TPM, _TPM, _PIN (also a
 * wrong passphrase), _USAGE (no certificate), _NO_TOKEN, _TOKEN, ...
 */
int bpfkey_signer_open(struct bpfkey_ctx *ctx, const char *key, const char *cert,
		       struct bpfkey_signer **ret);
void bpfkey_signer_free(struct bpfkey_signer *s);

/** bpfkey_signer_cert - what the certificate says; lives as long as @s. */
const struct bpfkey_cert_info *bpfkey_signer_cert(const struct bpfkey_signer *s);

/**
 * bpfkey_signer_cert_from - the file, or the key, that the certificate came from
 * @s: lives at least as long as the answer
 *
 * Since: 0.1
 */
const char *bpfkey_signer_cert_from(const struct bpfkey_signer *s);

/**
 * bpfkey_signer_use_hash - sign with another hash than SHA-256 from now on
 * @hash: "sha256", "sha384", "sha512", "sha3-256", "sha3-384" or "sha3-512";
 *        NULL for the default of the key's algorithm
 *
 * Not every kernel takes all of them: bpfkey_signer_limit(). -BPFKEY_E_WEAK,
 * _ALGORITHM (no kernel takes it), _USAGE (no such hash, or an ML-DSA key,
 * which hashes by itself).
 *
 * Since: 0.1
 */
int bpfkey_signer_use_hash(struct bpfkey_signer *s, const char *hash);

/**
 * bpfkey_signer_hash - the hash in use, "sha256"; static
 *
 * Since: 0.1
 */
const char *bpfkey_signer_hash(const struct bpfkey_signer *s);

/**
 * bpfkey_signer_limit - which kernels refuse what @s signs, by algorithm and hash
 * @i: from 0
 *
 * Returns a sentence, static, or NULL past the last: RSA and ECDSA with SHA-256
 * have none.
 *
 * Since: 0.1
 */
const char *bpfkey_signer_limit(const struct bpfkey_signer *s, size_t i);

enum bpfkey_sign_flags {
	BPFKEY_SIGN_FORCE = 1 << 0,	/* replace an output that exists */
	BPFKEY_SIGN_DRY_RUN = 1 << 1,	/* do everything but write */
	/* The input was signed before, or is a light skeleton: only its signatures change. */
	BPFKEY_SIGN_AGAIN = 1 << 2,
	/* With it: which kernels a light skeleton is signed for (default: what it was made for). */
	BPFKEY_SIGN_FOR_INSNS = 1 << 3,		/* 6.18 to 7.2 */
	BPFKEY_SIGN_FOR_METADATA = 1 << 4,	/* 7.3 and later */
	/* The output is a C header that loads the object by itself, keyctl-bpf-skeleton(5). */
	BPFKEY_SIGN_HEADER = 1 << 5,
	/* The input is bytes of any kind, the output their detached signature (CMS, DER). */
	BPFKEY_SIGN_RAW = 1 << 6,
};

/**
 * bpfkey_signer_set_log - keep a signing log from now on
 * @path:  one line is appended, and on the disk, before a file with a signature
 *         of @s appears, or a call hands one over in memory; made with mode
 *         0600 when it is not there
 * @flags: BPFKEY_SIGN_DRY_RUN: only see whether it can be written
 *
 * keyctl-bpf-sign(1) has the fields. -BPFKEY_E_IO, _PRIVILEGE, _INSECURE
 * (everybody may write to it); a signing call later also _BUSY.
 *
 * Since: 0.1
 */
int bpfkey_signer_set_log(struct bpfkey_signer *s, const char *path, unsigned int flags);

/**
 * struct bpfkey_sign_opts - what is frozen into a signed object
 * @sz:      sizeof(struct bpfkey_sign_opts)
 * @name:    object name, the first part of the names of its data maps; NULL:
 *           from the file's name ("x/prog.bpf.o" is "prog")
 * @kconfig: file with values of __kconfig variables; NULL: none
 * @kernel_version: what LINUX_KERNEL_VERSION is, "6.18.15"; NULL: none
 * @set:     "VARIABLE=VALUE" for read-only data, "MAP.max_entries=N"
 * @flags:   enum bpfkey_sign_flags
 * @kconfig_text: the values themselves, in place of a file; NULL: none
 * @signed_by: with BPFKEY_SIGN_AGAIN: who must have signed the input before,
 *           one of @signed_by_n certificates (expired ones count); NULL: anybody
 */
struct bpfkey_sign_opts {
	size_t sz;
	const char *name, *kconfig, *kernel_version;
	const char *const *set;
	size_t set_n;
	unsigned int flags;
	const char *kconfig_text;
	struct bpfkey_cert *const *signed_by;
	size_t signed_by_n;
};

/**
 * bpfkey_sign_object - make a signed object
 * @in:   a BPF object, or a signed object, whose signatures are then replaced
 * @out:  may be the same path (with BPFKEY_SIGN_FORCE); replaced atomically
 * @opts: NULL for none of it
 *
 * With BPFKEY_SIGN_AGAIN: a signed object keeps its loader and everything that
 * was frozen; a light skeleton, signed or not, keeps its text but for the
 * signature.
 *
 * -BPFKEY_E_NOT_A_LOADER (the sentence names the program or map and why),
 * _FORMAT, _EXISTS, _TAMPERED (a signed object that somebody changed), ...
 */
int bpfkey_sign_object(struct bpfkey_signer *s, const char *in, const char *out,
		       const struct bpfkey_sign_opts *opts);

/**
 * bpfkey_sign_object_mem - bpfkey_sign_object() from memory into memory
 * @name: what sentences call the object, and what it is named after when
 *        @opts->name is NULL; nothing is read or written there
 * @data: @n bytes of a BPF object or of a signed object
 * @opts: of its flags BPFKEY_SIGN_AGAIN and what goes with it count here
 * @ret:  the signed object, @ret_n bytes; free with bpfkey_free()
 *
 * No file is touched. The loader, its metadata and the signatures by
 * themselves are bpfkey_object_part() of what bpfkey_object_open_mem() makes
 * of @ret.
 *
 * Since: 0.1
 */
int bpfkey_sign_object_mem(struct bpfkey_signer *s, const char *name, const void *data, size_t n,
			   const struct bpfkey_sign_opts *opts, void **ret, size_t *ret_n);

/** struct bpfkey_sign_job - one of many; @result and @message are outputs. */
struct bpfkey_sign_job {
	const char *in, *out;
	int result;		/* 0 or a negative BPFKEY_E_ */
	char *message, *hint;	/* of a failure, else NULL; see bpfkey_sign_jobs_done() */
};

/**
 * bpfkey_sign_objects - bpfkey_sign_object() for many, telling the progress
 *
 * One failure does not stop the others. Without a signing log outputs appear
 * in groups, which wait for the disk once. Returns the result that matters most:
 * the first of exit class 3, else of 4, else of 1.
 */
int bpfkey_sign_objects(struct bpfkey_signer *s, struct bpfkey_sign_job *jobs, size_t n,
			const struct bpfkey_sign_opts *opts);
void bpfkey_sign_jobs_done(struct bpfkey_sign_job *jobs, size_t n);

/**
 * bpfkey_sign_raw - detached CMS (DER) over the bytes of a file
 * @flags: enum bpfkey_sign_flags
 */
int bpfkey_sign_raw(struct bpfkey_signer *s, const char *in, const char *out,
		    unsigned int flags);

/**
 * bpfkey_sign_raw_mem - detached CMS (DER) over @n bytes of memory
 * @ret: @ret_n bytes; free with bpfkey_free()
 *
 * What a kernel takes as attr.signature of the program whose instructions the
 * bytes are. -BPFKEY_E_FORMAT when there are none, _TOO_BIG (64 MiB), ...
 *
 * Since: 0.1
 */
int bpfkey_sign_raw_mem(struct bpfkey_signer *s, const void *data, size_t n, void **ret,
			size_t *ret_n);

struct bpfkey_object;

/**
 * bpfkey_object_open - read a signed object and see that it is whole
 *
 * Checks every byte of the file against the object's own digests, and nothing
 * about who signed them: that is bpfkey_object_verify().
 *
 * -BPFKEY_E_UNSIGNED (a BPF object, but not a signed one), _FORMAT (no BPF
 * object), _MALFORMED, _TAMPERED (the sentence names the section), _IO.
 */
int bpfkey_object_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_object **ret);

/**
 * bpfkey_object_open_mem - the same of bytes in memory
 * @name: what sentences call it
 * @data: @n bytes, copied
 *
 * -BPFKEY_E_TOO_BIG and what bpfkey_object_open() answers.
 *
 * Since: 0.1
 */
int bpfkey_object_open_mem(struct bpfkey_ctx *ctx, const char *name, const void *data, size_t n,
			   struct bpfkey_object **ret);
void bpfkey_object_free(struct bpfkey_object *o);

/* The sections of a signed object, keyctl-bpf-object(5). */
enum bpfkey_object_part {
	BPFKEY_PART_LOADER,	/* instructions */
	BPFKEY_PART_METADATA,	/* the value of their map */
	BPFKEY_PART_MANIFEST,
	BPFKEY_PART_SIG_INSNS,	/* CMS over the loader */
	BPFKEY_PART_SIG_METADATA, /* CMS over loader and metadata */
	BPFKEY_PART_DIGESTS,
	BPFKEY_PART_SIG_FILE,	/* CMS over the digests */
	BPFKEY_PART__END
};

/**
 * bpfkey_object_part - the bytes of one section, for who loads or embeds them
 * @ret: @ret_n bytes; they live as long as @o
 *
 * -BPFKEY_E_USAGE when there is no such part, _NOT_FOUND when this object has
 * not got it: a light skeleton has fewer.
 *
 * Since: 0.1
 */
int bpfkey_object_part(const struct bpfkey_object *o, enum bpfkey_object_part part,
		       const void **ret, size_t *ret_n);

struct bpfkey_object_info {
	const char *name, *generator;
	size_t programs, maps, settings;
	size_t insns_len, metadata_len;
	uint8_t loader_digest[32];	/* SHA-256 of the instructions: the tag of the */
					/* loader program, and what its map is exclusive to */
};
const struct bpfkey_object_info *bpfkey_object_info(const struct bpfkey_object *o);

struct bpfkey_object_program {
	const char *name, *section;
	const char *type_name;		/* "xdp", "lsm"; "" for one without a name here */
	uint32_t type, attach_type;
	const char *target;		/* "" when none is frozen */
};

struct bpfkey_object_map {
	const char *name, *type_name;
	uint32_t type, key_size, value_size, max_entries, flags;
	const char *pin;		/* name to pin by, or "" */
	bool frozen;			/* read-only data */
};

/* One thing that was decided when the object was signed. */
struct bpfkey_object_setting {
	const char *name, *value;
};

/* Borrowed; NULL past the last. In the order in which the loader makes them. */
const struct bpfkey_object_program *bpfkey_object_program(const struct bpfkey_object *o, size_t i);
const struct bpfkey_object_map *bpfkey_object_map(const struct bpfkey_object *o, size_t i);
const struct bpfkey_object_setting *bpfkey_object_setting(const struct bpfkey_object *o, size_t i);

enum bpfkey_signature_kind {
	BPFKEY_SIGNATURE_INSNS,		/* over the instructions: Linux 6.18 to 7.2 */
	BPFKEY_SIGNATURE_METADATA,	/* over instructions and metadata: Linux 7.3 and later */
	BPFKEY_SIGNATURE_FILE,		/* over the digests of the file: for these tools */
	BPFKEY_SIGNATURE__END
};

/**
 * struct bpfkey_signature_info - what a signature says of itself
 * Strings are static. @sz as the caller knows it, set before the call.
 */
struct bpfkey_signature_info {
	size_t sz;
	const char *covers, *kernels;
	char hash[24], algorithm[32];
	uint8_t key_id[64];
	size_t key_id_len;
	size_t len;
};

/** bpfkey_object_signature - what a signature says of itself. */
int bpfkey_object_signature(struct bpfkey_object *o, enum bpfkey_signature_kind kind,
			    struct bpfkey_signature_info *ret);

/**
 * bpfkey_object_extract - write loader.bin, metadata.bin, loader-metadata.bin,
 * sections.bin and insns.der, insns-metadata.der, sections.der into @dir
 * @flags: BPFKEY_SIGN_FORCE replaces files that exist
 *
 * `openssl cms -verify -binary -inform DER -content X.bin` judges each pair.
 */
int bpfkey_object_extract(struct bpfkey_object *o, const char *dir, unsigned int flags);

/**
 * bpfkey_object_verify - answer what a kernel that trusts @certs will answer
 * @kernel: "6.18" and so on: the signature that this kernel checks, and the
 *          one over the file; NULL or "all": all three
 * @ret_index: which certificate signed; may be NULL
 *
 * -BPFKEY_E_UNKNOWN_SIGNER, _SIGNATURE, _MALFORMED, _WEAK (its hash),
 * _ALGORITHM (@kernel, or for "all" one of them, does not know it), _EXPIRED,
 * _NOT_YET_VALID, _ROLE (the signer's certificate), _NO_KERNEL (@kernel checks
 * no signatures), _NO_SUPPORT (this OpenSSL does not know the algorithm),
 * _USAGE (@kernel is no version).
 */
int bpfkey_object_verify(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n,
			 const char *kernel, size_t *ret_index);

/**
 * bpfkey_object_condition - what a yes of bpfkey_object_verify() depends on
 * @kernel: as there
 *
 * Algorithm and hash of the signatures may be such that a kernel takes them
 * only with one of its modules, or only when it was built with an option.
 * Returns a sentence, static, or NULL when every kernel asked for takes them.
 *
 * Since: 0.1
 */
const char *bpfkey_object_condition(struct bpfkey_object *o, const char *kernel);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

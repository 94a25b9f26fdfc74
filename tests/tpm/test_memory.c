// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stays of secrets in the memory of a process that has used the library. The user is a child
 * that waits; its parent, which alone knows what to look for, reads all memory that it can write.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <bpfkey.h>

#include "tests/tpm/swtpm.h"

#define WORD "seventeen-owls-in-a-barn"

static int import(const char *source, const char *out, enum bpfkey_form form)
{
	const struct bpfkey_key_opts o = {
		.sz = sizeof(o), .form = form, .flags = BPFKEY_MAKE_FORCE,
	};

	return bpfkey_key_import(ctx, source, out, &o, NULL);
}

static int use(const char *key)
{
	const struct bpfkey_cert_opts o = {
		.sz = sizeof(o), .key = key, .name = "memory", .role = BPFKEY_ROLE_BUILD,
		.flags = BPFKEY_MAKE_FORCE,
	};

	return bpfkey_cert_new(ctx, "used.crt", &o, NULL);
}

static int import_into_tpm(void)
{
	int r = import("plain.pem", "plain.key", BPFKEY_FORM_TPM);

	return r < 0 ? r : use("plain.key");
}

static int import_locked(void)
{
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	r = r < 0 ? r : import("locked.pem", "locked.key", BPFKEY_FORM_TPM);
	return r < 0 ? r : use("locked.key");
}

static int import_p12(void)
{
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	return r < 0 ? r : import("locked.p12", "p12.key", BPFKEY_FORM_FILE);
}

static int use_plain(void)
{
	return use("plain.pem");
}

static int use_locked(void)
{
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	return r < 0 ? r : use("locked.pem");
}

/* The control: one who is careless. */
static char *planted;

static int plant(void)
{
	FILE *f = fopen("plain.pem", "re");

	planted = calloc(1, 4096);
	if (!planted || !f || !fread(planted, 1, 4095, f))
		return -BPFKEY_E_IO;
	fclose(f);
	return 0;
}

static const struct flow {
	const char *name;
	int (*run)(void);
	bool found;		/* a secret is, on purpose */
} flows[] = {
	{ "a PEM is imported into the TPM", import_into_tpm, false },
	{ "one with a passphrase is", import_locked, false },
	{ "a PKCS#12 file is imported into a file", import_p12, false },
	{ "a PEM signs", use_plain, false },
	{ "one with a passphrase signs", use_locked, false },
	{ "somebody keeps a PEM in the heap", plant, true },
};

/* The child: each flow in a context of its own, then wait to be looked at. */
static void run_flows(int in, int out)
{
	char go;

	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		int r = read(in, &go, 1) == 1 ? bpfkey_ctx_new(&ctx) : -1;

		r = r < 0 ? r : bpfkey_ctx_set_tpm(ctx, spec);
		r = r < 0 ? r : flows[i].run();
		if (r < 0)
			fprintf(stderr, "%s\n", bpfkey_ctx_message(ctx));
		bpfkey_ctx_free(ctx);
		if (write(out, &r, sizeof(r)) != sizeof(r))
			break;
	}
	if (read(in, &go, 1) != 1)
		_exit(1);
	_exit(0);
}

#define NEEDLE_MIN 12	/* bytes in a row that chance does not bring */

static struct needle {
	char name[40];
	uint8_t p[600];
	size_t n;
} needles[16];
static size_t n_needles;

static void add_needle(const char *name, const void *p, size_t n)
{
	struct needle *d = &needles[n_needles++];

	snprintf(d->name, sizeof(d->name), "%s", name);
	d->n = n < sizeof(d->p) ? n : sizeof(d->p);
	memcpy(d->p, p, d->n);
}

/* The private number as files and TPMs have it, and as OpenSSL does: in words, lowest first. */
static bool add_key(const char *path, const char *word)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, (void *)(uintptr_t)word) : NULL;
	uint8_t be[64], le[64];
	BIGNUM *bn = NULL;
	char name[40];

	if (f)
		fclose(f);
	if (!key || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &bn) != 1 ||
	    BN_bn2binpad(bn, be, 32) != 32 || BN_bn2lebinpad(bn, le, 32) != 32)
		return false;
	snprintf(name, sizeof(name), "number of %s", path);
	add_needle(name, be, 32);
	snprintf(name, sizeof(name), "words of %s", path);
	add_needle(name, le, 32);
	BN_clear_free(bn);
	EVP_PKEY_free(key);
	return true;
}

/* The lines of base64 between the rulers of a PEM file. */
static bool add_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256], name[40];
	bool any = false;

	snprintf(name, sizeof(name), "text of %s", path);
	while (f && fgets(line, sizeof(line), f)) {
		if (*line == '-' || strlen(line) < 40 || any)
			continue;
		/* Its first half is the algorithm's, and in every such file. */
		add_needle(name, line + 36, strlen(line) - 37);
		any = true;
	}
	if (f)
		fclose(f);
	return any;
}

static bool holds(const uint8_t *hay, size_t n, const struct needle *d)
{
	const size_t last = d->n - NEEDLE_MIN;

	return memmem(hay, n, d->p, NEEDLE_MIN) || memmem(hay, n, d->p + last / 2, NEEDLE_MIN) ||
	       memmem(hay, n, d->p + last, NEEDLE_MIN);
}

/* search - which needles are in what the process @pid can write; also how much that was */
static unsigned int search(pid_t pid, size_t *ret_bytes)
{
	char path[64], line[512], perms[8], what[256];
	unsigned long from, to;
	unsigned int found = 0;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	*ret_bytes = 0;
	while (maps && mem >= 0 && fgets(line, sizeof(line), maps)) {
		uint8_t *copy;
		ssize_t n;

		*what = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, perms, what) < 3 ||
		    perms[1] != 'w')
			continue;
		/* So large is only the shadow of a sanitizer, which holds no byte of ours. */
		if (to - from > 1UL << 32)
			continue;
		copy = malloc(to - from);
		n = copy ? pread(mem, copy, to - from, (off_t)from) : -1;
		for (size_t i = 0; n > 0 && i < n_needles; i++) {
			if (!holds(copy, (size_t)n, &needles[i]))
				continue;
			printf("# %s: in %s\n", needles[i].name, *what ? what : "anonymous memory");
			found++;
		}
		*ret_bytes += n > 0 ? (size_t)n : 0;
		free(copy);
	}
	if (maps)
		fclose(maps);
	close(mem);
	return found;
}

static bool make_keys(void)
{
	return !system("openssl ecparam -name prime256v1 -genkey -noout | "
		       "openssl pkcs8 -topk8 -nocrypt -out plain.pem && echo '" WORD "' >word && "
		       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
		       "-passout file:word -subj /CN=x -keyout locked.pem -out locked.crt "
		       "2>/dev/null && openssl pkcs12 -export -inkey locked.pem -in locked.crt "
		       "-passin file:word -passout pass:" WORD " -out locked.p12");
}

int main(int argc _unused_, char **argv)
{
	int to[2], from[2], r;
	size_t bytes;
	pid_t pid;

	/* What is freed is overwritten by the C library: only what was kept can be found. */
	if (!getenv("MALLOC_PERTURB_")) {
		setenv("MALLOC_PERTURB_", "165", 1);
		/* The same in a build with the address sanitizer, whose heap is its own. */
		setenv("ASAN_OPTIONS", "max_free_fill_size=1048576:free_fill_byte=165", 1);
		setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
		execv("/proc/self/exe", argv);
	}
	umask(077);
	swtpm_begin();
	ok(make_keys(), "keys of others are made");
	if (pipe(to) || pipe(from))
		return 1;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_flows(to[0], from[1]);
	close(from[1]);
	/* Only now, so that the child has none of it. */
	ok(add_key("plain.pem", NULL) && add_key("locked.pem", WORD) && add_text("plain.pem"),
	   "their numbers are known");
	add_needle("passphrase", WORD, strlen(WORD));
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		unsigned int found;

		if (write(to[1], "x", 1) != 1 || read(from[0], &r, sizeof(r)) != sizeof(r))
			r = -1;
		is_int(r, 0, flows[i].name);
		found = search(pid, &bytes);
		ok(bytes > 1u << 20 && !!found == flows[i].found, "%s afterwards, in %zu KiB",
		   flows[i].found ? "it is found" : "nothing of a secret is there", bytes >> 10);
	}
	if (write(to[1], "x", 1) != 1)
		return 1;
	is_int(exit_of(pid), 0, "the child ends");
	return swtpm_end();
}

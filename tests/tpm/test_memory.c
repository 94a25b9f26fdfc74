// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stays of secrets in the memory of a process that has used the library. The user is a child
 * that waits; its parent, which alone knows what to look for, reads all memory that it can write.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <bpfkey.h>

#include "tests/tpm/secrets.h"
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

static bool know_files(void);

/* The control: one who is careless, and keeps all that there is to know. */
static char *planted;

static int plant(void)
{
	FILE *f = fopen("plain.pem", "re");
	int r;

	planted = calloc(1, 4096);
	r = planted && f && fread(planted, 1, 4095, f) ? 0 : -BPFKEY_E_IO;
	if (f)
		fclose(f);
	if (!know_files())
		r = -BPFKEY_E_INTERNAL;
	for (size_t i = 0; !r && i < ARRAY_SIZE(guarded_rows); i++)
		r = know_row(&guarded_rows[i]);
	return r;
}

static const struct guarded_row flows[] = {
	{ "a PEM is imported into the TPM", import_into_tpm, { { NULL, IN_FILE } } },
	{ "one with a passphrase is", import_locked, { { NULL, IN_FILE } } },
	{ "a PKCS#12 file is imported into a file", import_p12, { { NULL, IN_FILE } } },
	{ "a PEM signs", use_plain, { { NULL, IN_FILE } } },
	{ "one with a passphrase signs", use_locked, { { NULL, IN_FILE } } },
};

static const struct guarded_row control = {
	"somebody keeps everything", plant, { { NULL, IN_FILE } }
};

/* row_of - the @i-th of all, the control last; NULL: there are no more */
static const struct guarded_row *row_of(size_t i)
{
	if (i < ARRAY_SIZE(flows))
		return &flows[i];
	i -= ARRAY_SIZE(flows);
	if (i < ARRAY_SIZE(guarded_rows))
		return &guarded_rows[i];
	return i == ARRAY_SIZE(guarded_rows) ? &control : NULL;
}

/* The child: each flow in a context of its own, then wait to be looked at. */
static void run_flows(int in, int out)
{
	char go;

	for (size_t i = 0; row_of(i); i++) {
		int r = read(in, &go, 1) == 1 ? bpfkey_ctx_new(&ctx) : -1;

		r = r < 0 ? r : bpfkey_ctx_set_tpm(ctx, spec);
		r = r < 0 ? r : row_of(i)->run();
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

/* know_pem - the private key in a file, by its passphrase if it has one */
static bool know_pem(const char *path, const char *word)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, (void *)(uintptr_t)word) : NULL;
	bool good = key && know_key(key, path);

	if (f)
		fclose(f);
	EVP_PKEY_free(key);
	return good;
}

/* The lines of base64 between the rulers of a PEM file. */
static bool know_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];
	bool any = false;

	while (f && fgets(line, sizeof(line), f)) {
		if (*line == '-' || strlen(line) < 40 || any)
			continue;
		/* Its first half is the algorithm's, and in every such file. */
		know("text", path, line + 36, strlen(line) - 37);
		any = true;
	}
	if (f)
		fclose(f);
	return any;
}

static bool know_files(void)
{
	know_words();
	know("passphrase", "others", WORD, strlen(WORD));
	return know_pem("plain.pem", NULL) && know_pem("locked.pem", WORD) &&
	       know_text("plain.pem");
}

static bool holds(const uint8_t *hay, size_t n, const struct known *d)
{
	const size_t last = d->n - NEEDLE_MIN;

	return memmem(hay, n, d->p, NEEDLE_MIN) || memmem(hay, n, d->p + last / 2, NEEDLE_MIN) ||
	       memmem(hay, n, d->p + last, NEEDLE_MIN);
}

/* search - how many of what is known are in what @pid can write; and how much that was */
static size_t search(pid_t pid, bool quiet, size_t *ret_bytes)
{
	bool there[ARRAY_SIZE(known)] = { false };
	char path[64], line[512], perms[8], what[256];
	unsigned long from, to;
	size_t found = 0;
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
		for (size_t i = 0; n > 0 && i < n_known; i++) {
			if (!holds(copy, (size_t)n, &known[i]))
				continue;
			if (!quiet)
				printf("# %s: in %s\n", known[i].name, *what ? what : "no file");
			found += !there[i];
			there[i] = true;
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

/* test_row - the child @pid does it, told through @to, and tells its result through @from */
static void test_row(const struct guarded_row *row, pid_t pid, int to, int from)
{
	size_t found, bytes;
	int r;

	if (write(to, "x", 1) != 1 || read(from, &r, sizeof(r)) != sizeof(r))
		r = -1;
	is_int(r, 0, row->name);
	is_int(know_row(row), 0, "what it has made is known");
	found = search(pid, row == &control, &bytes);
	if (row == &control)
		ok(found == n_known, "%zu of %zu secrets are found", found, n_known);
	else
		ok(bytes > 1u << 20 && !found, "nothing of %zu secrets is there afterwards, in %zu "
		   "KiB", n_known, bytes >> 10);
}

int main(int argc _unused_, char **argv)
{
	int to[2], from[2];
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
	ok(make_keys() && guarded_elsewhere(), "keys of others are made");
	if (pipe(to) || pipe(from))
		return 1;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_flows(to[0], from[1]);
	close(from[1]);
	/* Only now, so that the child has none of it. */
	ok(know_files(), "their numbers are known");
	for (size_t i = 0; row_of(i); i++)
		test_row(row_of(i), pid, to[1], from[0]);
	if (write(to[1], "x", 1) != 1)
		return 1;
	is_int(exit_of(pid), 0, "the child ends");
	return swtpm_end();
}

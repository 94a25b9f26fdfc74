/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs rely on that use the library: structs that grow, outputs that
 * stay as they were on failure, the same bytes from memory as from files, and
 * that libbpf is theirs again after each call.
 */
#include <stdlib.h>

#include <bpf/libbpf.h>
#include <bpfkey.h>

#include "lib/base/file.h"
#include "tests/tap.h"

#define FILE_MAX (8u << 20)

static char dir[] = "/tmp/test_library.XXXXXX";
static struct bpfkey_ctx *ctx;
static struct bpfkey_signer *signer;
static struct bpfkey_object *object;
static struct buf plain;

static char *in_dir(const char *name)
{
	static char path[4][128];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

/* Settings that load_obj.bpf.c needs. */
static struct bpfkey_sign_opts settings(void)
{
	return (struct bpfkey_sign_opts){ .sz = sizeof(struct bpfkey_sign_opts),
					  .kernel_version = "7.3.1" };
}

static int sign_mem(const void *opts, void **ret, size_t *ret_n)
{
	return bpfkey_sign_object_mem(signer, "load_obj.bpf.o", plain.p, plain.n, opts, ret, ret_n);
}

/* One call for each struct of options, with nothing else that it could fall over first. */
static int call_key(const void *o)
{
	return bpfkey_key_new(ctx, in_dir("other.key"), o, NULL);
}

static int call_cert(const void *o)
{
	return bpfkey_cert_new(ctx, in_dir("other.pem"), o, NULL);
}

static int call_sign(const void *o)
{
	void *p = NULL;
	size_t n;
	int r = sign_mem(o, &p, &n);

	bpfkey_free(p);
	return r;
}

static int call_load(const void *o)
{
	struct bpfkey_loaded *l = NULL;
	int r = bpfkey_object_load(object, o, &l);

	bpfkey_loaded_free(l);
	return r;
}

static int call_ring(const void *o)
{
	bool made;

	return bpfkey_ring_create(ctx, o, &made);
}

static int call_gate(const void *o)
{
	enum bpfkey_gate_installed what;

	return bpfkey_gate_install(ctx, o, &what);
}

static int call_mode(const void *o)
{
	enum bpfkey_gate_mode before;

	return bpfkey_gate_set_mode(ctx, BPFKEY_GATE_AUDIT, o, &before);
}

static const struct {
	const char *name;
	size_t sz;
	int (*call)(const void *opts);
} takers[] = {
	{ "bpfkey_key_opts", sizeof(struct bpfkey_key_opts), call_key },
	{ "bpfkey_cert_opts", sizeof(struct bpfkey_cert_opts), call_cert },
	{ "bpfkey_sign_opts", sizeof(struct bpfkey_sign_opts), call_sign },
	{ "bpfkey_load_opts", sizeof(struct bpfkey_load_opts), call_load },
	{ "bpfkey_ring_opts", sizeof(struct bpfkey_ring_opts), call_ring },
	{ "bpfkey_gate_install_opts", sizeof(struct bpfkey_gate_install_opts), call_gate },
	{ "bpfkey_gate_mode_opts", sizeof(struct bpfkey_gate_mode_opts), call_mode },
};

/* A flag that has no meaning there is refused, not passed over. */
static void test_no_policy(void)
{
	struct bpfkey_key_opts o = {
		.sz = sizeof(o), .form = BPFKEY_FORM_FILE, .alg = "p256",
		.flags = BPFKEY_MAKE_NO_POLICY,
	};

	ok(bpfkey_key_new(ctx, "no-policy.key", &o, NULL) == -BPFKEY_E_USAGE &&
	   access("no-policy.key", F_OK) < 0, "a new key has no policy to take away");
	o.alg = NULL;
	ok(bpfkey_key_import(ctx, "no.pem", "no-policy.key", &o, NULL) == -BPFKEY_E_USAGE,
	   "nor has an imported one");
}

static void test_opts(void)
{
	union {
		size_t sz;
		uint8_t bytes[512];
	} opts;

	for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
		size_t sz = takers[i].sz;

		memset(&opts, 0, sizeof(opts));
		opts.sz = sz + 16;
		opts.bytes[sz + 15] = 1;
		ok(takers[i].call(&opts) == -BPFKEY_E_USAGE &&
		   strstr(bpfkey_ctx_message(ctx), "older than its caller"),
		   "%s: a field of a later release that is set is refused", takers[i].name);
		opts.sz = 0;
		ok(takers[i].call(&opts) == -BPFKEY_E_USAGE &&
		   strstr(bpfkey_ctx_message(ctx), "without its size"),
		   "%s: without its size it is refused", takers[i].name);
	}
}

static void test_growth(void)
{
	struct {
		struct bpfkey_sign_opts known;
		uint64_t later;
	} newer = { .known = settings() };
	struct bpfkey_sign_opts older = settings();
	void *a = NULL, *b = NULL;
	size_t an = 0, bn = 0;

	newer.known.sz = sizeof(newer);
	is_int(sign_mem(&newer, &a, &an), 0, "a later caller that sets nothing new");
	older.sz = offsetof(struct bpfkey_sign_opts, flags);
	older.flags = ~0u;
	older.kconfig_text = "not seen";
	is_int(sign_mem(&older, &b, &bn), 0, "an earlier caller, whose struct ends sooner");
	ok(an && an == bn && !memcmp(a, b, an), "both get the same object");
	bpfkey_free(a);
	bpfkey_free(b);
}

static void test_memory(void)
{
	_cleanup_(buf_done) struct buf file = BUF(FILE_MAX);
	struct bpfkey_sign_opts opts = settings();
	struct bpfkey_object *o = NULL;
	const void *part = NULL;
	void *p = NULL;
	size_t n = 0, part_n = 0;

	is_int(sign_mem(&opts, &p, &n), 0, "an object is signed in memory");
	is_int(bpfkey_sign_object(signer, in_dir("load_obj.bpf.o"), in_dir("signed.o"), &opts), 0,
	       "and as a file");
	is_int(bk_file_read(ctx, in_dir("signed.o"), FILE_MAX, &file), 0, "which can be read");
	ok(n && n == file.n && !memcmp(p, file.p, n), "with the same bytes");
	is_int(bpfkey_object_open_mem(ctx, "it", p, n, &o), 0, "they open");
	for (int i = 0; i < BPFKEY_PART__END; i++)
		ok(!bpfkey_object_part(o, i, &part, &part_n) && part && part_n, "it has part %d",
		   i);
	is_int(bpfkey_object_part(o, BPFKEY_PART__END, &part, &part_n), -BPFKEY_E_USAGE,
	       "and no other");
	object = o;

	/* The memory is the caller's: the object has copied it. */
	memset(p, 0, n);
	is_int(bpfkey_object_part(object, BPFKEY_PART_LOADER, &part, &part_n), 0, "the loader");
	bpfkey_free(p);
	p = NULL;
	is_int(bpfkey_sign_raw_mem(signer, part, part_n, &p, &n), 0, "is signed by itself");
	is_int(bpfkey_object_part(object, BPFKEY_PART_SIG_INSNS, &part, &part_n), 0, "as in");
	ok(n == part_n && !memcmp(p, part, n), "the object, byte for byte");
	bpfkey_free(p);
}

/* ask - a signature of the object, into a struct that ends at @sz */
static int ask(size_t sz, struct bpfkey_signature_info *ret)
{
	memset(ret, 0x5a, sizeof(*ret));
	ret->sz = sz;
	return bpfkey_object_signature(object, BPFKEY_SIGNATURE_INSNS, ret);
}

static void test_answers(void)
{
	struct bpfkey_signature_info i;

	is_int(ask(sizeof(i), &i), 0, "a caller of today gets a signature's facts");
	ok(i.sz == sizeof(i) && !strcmp(i.hash, "sha256") && i.len, "all of them");
	is_int(ask(offsetof(struct bpfkey_signature_info, len), &i), 0, "an earlier one");
	ok(!strcmp(i.hash, "sha256") && i.key_id_len, "gets what it knows");
	is_int(((uint8_t *)&i.len)[0], 0x5a, "and not a byte more");
	is_int(ask(sizeof(i) + 8, &i), -BPFKEY_E_USAGE, "a later one is refused");
	is_int(ask(0, &i), -BPFKEY_E_USAGE, "and so is one that forgot the size");
	is_int(((uint8_t *)&i.covers)[0], 0x5a, "nothing is written then");
}

static void test_failures(void)
{
	struct bpfkey_sign_opts opts = settings();
	struct bpfkey_object *o = (void *)dir;
	struct bpfkey_cert *cert = (void *)dir;
	void *p = dir;
	size_t n = 7;

	is_int(bpfkey_sign_object_mem(signer, "x", plain.p, 0, &opts, &p, &n), -BPFKEY_E_FORMAT,
	       "nothing is no object");
	is_int(bpfkey_sign_object_mem(signer, "x", plain.p, plain.n / 2, &opts, &p, &n),
	       -BPFKEY_E_FORMAT, "half an object");
	ok(strstr(bpfkey_ctx_message(ctx), "'x'"), "the sentence has its name");
	opts.kconfig = "a";
	opts.kconfig_text = "b";
	is_int(sign_mem(&opts, &p, &n), -BPFKEY_E_USAGE, "kconfig as a file and as a text");
	is_int(bpfkey_sign_raw_mem(signer, plain.p, 0, &p, &n), -BPFKEY_E_FORMAT, "no bytes");
	is_int(bpfkey_object_open_mem(ctx, "x", plain.p, plain.n, &o), -BPFKEY_E_UNSIGNED,
	       "an object that is not signed");
	is_int(bpfkey_object_open_mem(ctx, "x", NULL, 0, &o), -BPFKEY_E_FORMAT, "no object");
	is_int(bpfkey_cert_open_mem(ctx, "x", plain.p, 100, &cert), -BPFKEY_E_FORMAT,
	       "no certificate");
	is_int(bpfkey_cert_open_mem(ctx, "x", plain.p, 1 << 20, &cert), -BPFKEY_E_TOO_BIG,
	       "too much for a certificate");
	ok(o == (void *)dir && cert == (void *)dir && p == dir && n == 7,
	   "outputs are as they were");
}

static int mine(enum libbpf_print_level level _unused_, const char *fmt _unused_,
		va_list ap _unused_)
{
	return 0;
}

static void test_libbpf(void)
{
	struct bpfkey_findings *f = NULL;
	libbpf_print_fn_t after;

	libbpf_set_print(mine);
	call_sign(&(struct bpfkey_sign_opts){ .sz = sizeof(struct bpfkey_sign_opts),
					      .kernel_version = "7.3.1" });
	after = libbpf_set_print(mine);
	ok(after == mine, "libbpf's callback is the program's again after signing");
	bpfkey_doctor(ctx, NULL, &f);
	after = libbpf_set_print(mine);
	ok(after == mine, "and after looking at the machine");
	bpfkey_findings_free(f);
}

static bool prepare(void)
{
	struct bpfkey_key_opts key = { .sz = sizeof(key), .alg = "rsa2048",
				       .form = BPFKEY_FORM_FILE };
	struct bpfkey_cert_opts cert = { .sz = sizeof(cert), .role = BPFKEY_ROLE_BUILD,
					 .name = "build" };
	const char *built = getenv("O");
	char path[512];

	if (!mkdtemp(dir) || bpfkey_ctx_new(&ctx))
		return false;
	cert.key = in_dir("build.key");
	plain = BUF(FILE_MAX);
	snprintf(path, sizeof(path), "%s/tests/kernel/load_obj.bpf.o", built ? built : "build");
	return !bk_file_read(ctx, path, FILE_MAX, &plain) &&
	       !bk_file_replace(ctx, in_dir("load_obj.bpf.o"), 0600, buf_view(&plain), 0) &&
	       !bpfkey_key_new(ctx, in_dir("build.key"), &key, NULL) &&
	       !bpfkey_cert_new(ctx, in_dir("build.pem"), &cert, NULL) &&
	       !bpfkey_signer_open(ctx, in_dir("build.key"), in_dir("build.pem"), &signer);
}

int main(void)
{
	static const char *const files[] = { "load_obj.bpf.o", "signed.o", "build.key",
					     "build.key.meta", "build.pem" };

	if (!ok(prepare(), "a key, its certificate and an object"))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	else {
		test_memory();
	test_answers();
		test_growth();
		test_failures();
		test_opts();
		test_no_policy();
		test_libbpf();
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(in_dir(files[i]));
	rmdir(dir);
	bpfkey_object_free(object);
	bpfkey_signer_free(signer);
	buf_done(&plain);
	bpfkey_ctx_free(ctx);
	return done_testing();
}

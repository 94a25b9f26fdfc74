// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every byte to and from a TPM that is not in this process: our keys' private numbers, PINs and
 * what is sealed are not among them. The recorder stands in the place of the TSS's transport.
 */
#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <tss2/tss2_tcti_swtpm.h>

#include <bpfkey.h>

#include "tests/tpm/secrets.h"
#include "tests/tpm/swtpm.h"

static struct buf wire = BUF(64u << 20);
static TSS2_TCTI_TRANSMIT_FCN real_transmit;
static TSS2_TCTI_RECEIVE_FCN real_receive;

static TSS2_RC recording_transmit(TSS2_TCTI_CONTEXT *tcti, size_t n, const uint8_t *command)
{
	buf_put(&wire, command, n);
	return real_transmit(tcti, n, command);
}

static TSS2_RC recording_receive(TSS2_TCTI_CONTEXT *tcti, size_t *n, uint8_t *response,
				 int32_t timeout)
{
	TSS2_RC rc = real_receive(tcti, n, response, timeout);

	if (rc == TSS2_RC_SUCCESS && response)
		buf_put(&wire, response, *n);
	return rc;
}

/* Found before the library's own, which the linker would take else. */
TSS2_RC Tss2_Tcti_Swtpm_Init(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *conf)
{
	TSS2_RC (*real)(TSS2_TCTI_CONTEXT *, size_t *, const char *);
	void *lib = dlopen("libtss2-tcti-swtpm.so.0", RTLD_NOW);
	void *p = lib ? dlsym(lib, "Tss2_Tcti_Swtpm_Init") : NULL;
	TSS2_RC rc;

	if (!p)
		return TSS2_TCTI_RC_GENERAL_FAILURE;
	memcpy(&real, &p, sizeof(real));
	rc = real(tcti, size, conf);
	if (rc == TSS2_RC_SUCCESS && tcti) {
		real_transmit = TSS2_TCTI_TRANSMIT(tcti);
		real_receive = TSS2_TCTI_RECEIVE(tcti);
		TSS2_TCTI_TRANSMIT(tcti) = recording_transmit;
		TSS2_TCTI_RECEIVE(tcti) = recording_receive;
	}
	return rc;
}

#define WINDOW 8	/* bytes in a row that chance does not bring */

/* on_wire - is any part of the secret there? */
static bool on_wire(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + WINDOW <= n; i++)
		if (memmem(wire.p, wire.n, p + i, WINDOW))
			return true;
	return false;
}

static bool number_on_wire(EVP_PKEY *key, const char *name)
{
	BIGNUM *bn = NULL;
	uint8_t bytes[512];
	int n;

	if (EVP_PKEY_get_bn_param(key, name, &bn) != 1)
		return true;
	n = BN_bn2bin(bn, bytes);
	BN_clear_free(bn);
	return on_wire(bytes, (size_t)n);
}

static bool write_pem(EVP_PKEY *key, const char *path)
{
	FILE *f = fopen(path, "we");
	bool good = f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;

	return f && !fclose(f) && good;
}

/* use - a signature with the key, by way of a certificate */
static int use(const char *key, const char *cert)
{
	const struct bpfkey_cert_opts o = {
		.sz = sizeof(o), .key = key, .name = "wire", .role = BPFKEY_ROLE_BUILD,
	};

	return bpfkey_cert_new(ctx, cert, &o, NULL);
}

static void test_import(const char *what, EVP_PKEY *key, const char *public,
			const char *const *private)
{
	const struct bpfkey_key_opts o = { .sz = sizeof(o), .form = BPFKEY_FORM_TPM };
	char source[64], out[64], cert[64];

	snprintf(source, sizeof(source), "%s.pem", what);
	snprintf(out, sizeof(out), "%s.tpm", what);
	snprintf(cert, sizeof(cert), "%s.crt", what);
	buf_done(&wire);
	ok(key && write_pem(key, source) && !bpfkey_key_import(ctx, source, out, &o, NULL) &&
	   !use(out, cert), "%s: imported and used", what);
	ok(wire.n > 1000 && buf_ok(&wire), "%s: %zu bytes on the wire", what, wire.n);
	ok(number_on_wire(key, public), "%s: the public half is among them", what);
	for (; *private; private++)
		ok(!number_on_wire(key, *private), "%s: the private number %s is not", what,
		   *private);
	EVP_PKEY_free(key);
}

/* seal_openly - as a program would that uses no session: at most 128 bytes of @p, in a new key */
static bool seal_openly(struct tpm *t, ESYS_TR srk, const uint8_t *p, size_t n)
{
	const TPM2B_PUBLIC template = { .publicArea = {
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	} };
	TPM2B_SENSITIVE_CREATE sensitive = {
		.sensitive.data.size = (uint16_t)(n < 128 ? n : 128),
	};
	_cleanup_(tpm_esys_freep) TPM2B_PRIVATE *private = NULL;
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;

	memcpy(sensitive.sensitive.data.buffer, p, sensitive.sensitive.data.size);
	return !Esys_Create(t->esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
			    &template, &(TPM2B_DATA){ 0 }, &(TPML_PCR_SELECTION){ 0 }, &private,
			    &public, NULL, NULL, NULL);
}

/* What a session without encryption shows, or the recorder would prove nothing. */
static void test_control(void)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	unsigned int unseen = 0;

	ok(t && !tpm_srk_open(t, TPM2_RH_OWNER, false, &srk), "a storage root key");
	for (size_t i = 0; i < n_known; i++) {
		const struct known *k = &known[i];

		buf_done(&wire);
		if (!seal_openly(t, srk.handle, k->p, k->n) || !on_wire(k->p, k->n)) {
			printf("# %s is not seen\n", k->name);
			unseen++;
		}
	}
	ok(n_known && !unseen, "each of %zu secrets is seen when it is sealed without a session",
	   n_known);
}

/* Of all that is known by now: a row may show the secret of an earlier one. */
static void test_row(const struct guarded_row *row)
{
	size_t shown = 0;

	buf_done(&wire);
	bk_enter(ctx);
	if (!ok(!row->run(), "%s", row->name))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	if (!ok(!know_row(row), "its secrets are known"))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	for (size_t i = 0; i < n_known; i++) {
		if (!on_wire(known[i].p, known[i].n))
			continue;
		printf("# %s\n", known[i].name);
		shown++;
	}
	ok(wire.n > 1000 && buf_ok(&wire) && !shown, "none of %zu in %zu bytes on the wire",
	   n_known, wire.n);
}

int main(void)
{
	static const char *const ec[] = { OSSL_PKEY_PARAM_PRIV_KEY, NULL };
	static const char *const rsa[] = { OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
					   OSSL_PKEY_PARAM_RSA_FACTOR2, NULL };

	umask(077);
	swtpm_begin();
	if (bpfkey_ctx_set_tpm(ctx, spec))
		return 1;
	test_import("p256", EVP_EC_gen("P-256"), OSSL_PKEY_PARAM_EC_PUB_X, ec);
	test_import("p384", EVP_EC_gen("P-384"), OSSL_PKEY_PARAM_EC_PUB_X, ec);
	test_import("rsa2048", EVP_RSA_gen(2048), OSSL_PKEY_PARAM_RSA_N, rsa);
	ok(guarded_elsewhere(), "what guarded keys need");
	know_words();
	for (size_t i = 0; i < ARRAY_SIZE(guarded_rows); i++)
		test_row(&guarded_rows[i]);
	test_control();
	buf_done(&wire);
	return swtpm_end();
}

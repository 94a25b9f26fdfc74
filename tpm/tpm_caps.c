/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a TPM says of itself: identity, algorithms, lockout. */
#include <string.h>

#include "tpm_priv.h"

static const struct tpm_alg algs[] = {
	{ "p256", TPM2_ALG_ECC, 256, TPM2_ECC_NIST_P256 },
	{ "p384", TPM2_ALG_ECC, 384, TPM2_ECC_NIST_P384 },
	{ "p521", TPM2_ALG_ECC, 521, TPM2_ECC_NIST_P521 },
	{ "rsa2048", TPM2_ALG_RSA, 2048, 0 },
	{ "rsa3072", TPM2_ALG_RSA, 3072, 0 },
	{ "rsa4096", TPM2_ALG_RSA, 4096, 0 },
};

const struct tpm_alg *tpm_alg_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++)
		if (!strcmp(algs[i].name, name))
			return &algs[i];
	return NULL;
}

const struct tpm_alg *tpm_alg_of(const struct pubkey *k)
{
	TPMI_ALG_PUBLIC type = k->type == PUBKEY_EC ? TPM2_ALG_ECC : TPM2_ALG_RSA;

	for (size_t i = 0; i < ARRAY_SIZE(algs); i++)
		if (algs[i].type == type && algs[i].bits == k->bits)
			return &algs[i];
	return NULL;
}

const struct tpm_alg *tpm_alg_next(const struct tpm_alg *prev)
{
	const struct tpm_alg *next = prev ? prev + 1 : algs;

	return next < algs + ARRAY_SIZE(algs) ? next : NULL;
}

/* read_properties - up to @n consecutive ones from @first; absent ones are 0. */
static int read_properties(struct tpm *t, uint32_t first, uint32_t *values, uint32_t n)
{
	_cleanup_(tpm_esys_freep) TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc;

	rc = Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				TPM2_CAP_TPM_PROPERTIES, first, n, &more, &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot ask the TPM '%s' what it is", t->id.spec);
	for (uint32_t i = 0; i < data->data.tpmProperties.count; i++) {
		const TPMS_TAGGED_PROPERTY *p = &data->data.tpmProperties.tpmProperty[i];

		if (p->property >= first && p->property - first < n)
			values[p->property - first] = p->value;
	}
	return 0;
}

/* put_text - properties that are four characters each, without padding. */
static void put_text(char *out, size_t cap, const uint32_t *v, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < 4 * n && len + 1 < cap; i++) {
		char c = (char)(v[i / 4] >> (24 - 8 * (i % 4)));

		if (c >= 0x20 && c < 0x7f)
			out[len++] = c;
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = 0;
}

/* TPM 2.0 part 2, table "TPM_PT": the group of fixed properties. */
#define FIXED(pt) (fixed[(pt) - TPM2_PT_FIXED])

int tpm_caps_read(struct tpm *t)
{
	uint32_t fixed[TPM2_PT_FIRMWARE_VERSION_2 - TPM2_PT_FIXED + 1] = { 0 };
	struct tpm_identity *id = &t->id;
	uint32_t v1, v2;
	int r;

	r = read_properties(t, TPM2_PT_FIXED, fixed, ARRAY_SIZE(fixed));
	if (r < 0)
		return r;
	v1 = FIXED(TPM2_PT_FIRMWARE_VERSION_1);
	v2 = FIXED(TPM2_PT_FIRMWARE_VERSION_2);
	put_text(id->manufacturer, sizeof(id->manufacturer), &FIXED(TPM2_PT_MANUFACTURER), 1);
	put_text(id->vendor, sizeof(id->vendor), &FIXED(TPM2_PT_VENDOR_STRING_1), 4);
	snprintf(id->firmware, sizeof(id->firmware), "%u.%u.%u.%u", v1 >> 16, v1 & 0xffff, v2 >> 16,
		 v2 & 0xffff);
	snprintf(id->revision, sizeof(id->revision), "%u.%02u",
		 FIXED(TPM2_PT_REVISION) / 100 % 100, FIXED(TPM2_PT_REVISION) % 100);
	/* libtpms and swtpm say "SW   TPM"; Microsoft's simulator "xCG fTPM". */
	id->software = t->kind == TPM_KIND_EMBEDDED || t->kind == TPM_KIND_SWTPM ||
		       !strncmp(id->vendor, "SW ", 3) || !strncmp(id->vendor, "xCG", 3);
	return 0;
}

static int read_srk_name(struct tpm *t, char *out, size_t cap)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	bool there;
	int r = tpm_srk_find(t, &srk, &there);

	if (r < 0 || !there)
		return r;
	return tpm_object_name(&srk, out, cap);
}

int tpm_state(struct tpm *t, struct tpm_state *ret)
{
	struct tpm_state s = { 0 };
	uint32_t permanent = 0, da[4] = { 0 };
	int r;

	r = read_properties(t, TPM2_PT_PERMANENT, &permanent, 1);
	if (r < 0)
		return r;
	r = read_properties(t, TPM2_PT_LOCKOUT_COUNTER, da, ARRAY_SIZE(da));
	if (r < 0)
		return r;
	r = read_srk_name(t, s.srk_name, sizeof(s.srk_name));
	if (r < 0)
		return r;
	s.owner_auth = permanent & TPMA_PERMANENT_OWNERAUTHSET;
	s.lockout_auth = permanent & TPMA_PERMANENT_LOCKOUTAUTHSET;
	s.locked_out = permanent & TPMA_PERMANENT_INLOCKOUT;
	s.lockout_counter = da[0];
	s.lockout_max = da[TPM2_PT_MAX_AUTH_FAIL - TPM2_PT_LOCKOUT_COUNTER];
	s.lockout_interval = da[TPM2_PT_LOCKOUT_INTERVAL - TPM2_PT_LOCKOUT_COUNTER];
	s.lockout_recovery = da[TPM2_PT_LOCKOUT_RECOVERY - TPM2_PT_LOCKOUT_COUNTER];
	*ret = s;
	return 0;
}

int tpm_has_alg(struct tpm *t, const char *name, bool *ret)
{
	const struct tpm_alg *alg = tpm_alg_find(name);
	TPMT_PUBLIC_PARMS parms = { 0 };
	TSS2_RC rc;

	if (!alg) {
		*ret = false;
		return 0;
	}
	parms.type = alg->type;
	if (alg->type == TPM2_ALG_ECC) {
		parms.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
		parms.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		parms.parameters.eccDetail.curveID = alg->curve;
		parms.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	} else {
		parms.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
		parms.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		parms.parameters.rsaDetail.keyBits = alg->bits;
	}
	rc = Esys_TestParms(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &parms);
	/* Which of its parameters a TPM complains about differs between makers. */
	if (rc != TSS2_RC_SUCCESS && ((rc & TSS2_RC_LAYER_MASK) || !(rc & TPM2_RC_FMT1)))
		return tpm_fail(t, rc, "cannot ask the TPM for '%s'", name);
	*ret = rc == TSS2_RC_SUCCESS;
	return 0;
}

int tpm_algs(struct tpm *t, const char **names, size_t cap, size_t *ret_n)
{
	size_t n = 0;
	bool has;
	int r;

	for (const struct tpm_alg *a = tpm_alg_next(NULL); a && n < cap; a = tpm_alg_next(a)) {
		r = tpm_has_alg(t, a->name, &has);
		if (r < 0)
			return r;
		if (has)
			names[n++] = a->name;
	}
	*ret_n = n;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a policy's digest is, computed without a TPM, so that keys can be made
 * for other machines and states be signed where no TPM is. TPM 2.0 part 3,
 * "Enhanced Authorization Commands", says what each assertion appends.
 */
#include <string.h>

#include "../lib/base/text.h"
#include "../lib/crypto/digest.h"
#include "tpm_policy.h"

static const struct {
	const char *name;
	TPMI_ALG_HASH alg;
	uint8_t len;
} banks[] = {
	{ "sha1", TPM2_ALG_SHA1, 20 },
	{ "sha256", TPM2_ALG_SHA256, 32 },
	{ "sha384", TPM2_ALG_SHA384, 48 },
	{ "sha512", TPM2_ALG_SHA512, 64 },
};

static int find_bank(struct bpfkey_ctx *ctx, const char *name, size_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++) {
		if (!strcmp(banks[i].name, name)) {
			*ret = i;
			return 0;
		}
	}
	return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "no bank of PCRs is called '%s': there are sha1, "
		       "sha256, sha384 and sha512", name);
}

int tpm_pcr_selection(struct bpfkey_ctx *ctx, const struct pcr_set *set, TPML_PCR_SELECTION *ret)
{
	TPML_PCR_SELECTION s = { .count = 1 };
	size_t bank = 0;
	int r = find_bank(ctx, set->bank, &bank);

	if (r < 0)
		return r;
	s.pcrSelections[0].hash = banks[bank].alg;
	s.pcrSelections[0].sizeofSelect = POLICY_PCRS / 8;
	for (unsigned int i = 0; i < POLICY_PCRS / 8; i++)
		s.pcrSelections[0].pcrSelect[i] = (uint8_t)(set->mask >> (8 * i));
	*ret = s;
	return 0;
}

int tpm_pcr_digest(struct bpfkey_ctx *ctx, const struct pcr_set *set,
		   uint8_t ret[POLICY_DIGEST_LEN])
{
	struct view v[POLICY_PCRS];
	size_t bank = 0, n = 0;
	int r = find_bank(ctx, set->bank, &bank);

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < POLICY_PCRS; i++)
		if (set->mask & 1u << i)
			v[n++] = (struct view){ set->value[i], banks[bank].len };
	return bk_sha256v(ctx, v, n, ret);
}

/* extend - what every assertion does to the digest, with its own bytes behind the command's code */
static int extend(struct bpfkey_ctx *ctx, uint8_t d[POLICY_DIGEST_LEN], TPM2_CC cc,
		  const struct buf *more)
{
	const uint8_t code[4] = { (uint8_t)(cc >> 24), (uint8_t)(cc >> 16), (uint8_t)(cc >> 8),
				  (uint8_t)cc };
	const struct view v[] = { { d, POLICY_DIGEST_LEN }, { code, sizeof(code) },
				  buf_view(more) };

	if (!buf_ok(more))
		return bk_out_of_memory(ctx);
	return bk_sha256v(ctx, v, ARRAY_SIZE(v), d);
}

static int extend_pcrs(struct bpfkey_ctx *ctx, const struct pcr_set *set,
		       uint8_t d[POLICY_DIGEST_LEN])
{
	_cleanup_(buf_done) struct buf more = BUF(128);
	uint8_t values[POLICY_DIGEST_LEN];
	TPML_PCR_SELECTION s;
	int r;

	if (!set->mask)
		return 0;
	r = tpm_pcr_selection(ctx, set, &s);
	if (!r)
		r = tpm_pcr_digest(ctx, set, values);
	if (r < 0)
		return r;
	buf_be32(&more, s.count);
	buf_be16(&more, s.pcrSelections[0].hash);
	buf_u8(&more, s.pcrSelections[0].sizeofSelect);
	buf_put(&more, s.pcrSelections[0].pcrSelect, s.pcrSelections[0].sizeofSelect);
	buf_put(&more, values, sizeof(values));
	return extend(ctx, d, TPM2_CC_PolicyPCR, &more);
}

TPM2B_OPERAND tpm_policy_operand(const struct nv_ref *counter)
{
	TPM2B_OPERAND o = { .size = 8 };

	for (unsigned int i = 0; i < 8; i++)
		o.buffer[i] = (uint8_t)(counter->limit >> (56 - 8 * i));
	return o;
}

static int extend_counter(struct bpfkey_ctx *ctx, const struct nv_ref *counter,
			  uint8_t d[POLICY_DIGEST_LEN])
{
	const TPM2B_OPERAND limit = tpm_policy_operand(counter);
	_cleanup_(buf_done) struct buf args = BUF(32), more = BUF(128);
	uint8_t hash[SHA256_LEN];
	int r;

	if (!counter->index)
		return 0;
	buf_put(&args, limit.buffer, limit.size);
	buf_be16(&args, 0);
	buf_be16(&args, TPM2_EO_UNSIGNED_LE);
	if (!buf_ok(&args))
		return bk_out_of_memory(ctx);
	r = bk_sha256(ctx, buf_view(&args), hash);
	if (r < 0)
		return r;
	buf_put(&more, hash, sizeof(hash));
	if (text_unhex(counter->name, &more) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the name of the counter 0x%08x is no TPM "
			       "name", counter->index);
	return extend(ctx, d, TPM2_CC_PolicyNV, &more);
}

int tpm_policy_state(struct bpfkey_ctx *ctx, const struct pcr_set *pcrs,
		     const struct nv_ref *counter, uint8_t ret[POLICY_DIGEST_LEN])
{
	uint8_t d[POLICY_DIGEST_LEN] = { 0 };
	int r = extend_pcrs(ctx, pcrs, d);

	if (!r)
		r = extend_counter(ctx, counter, d);
	if (r < 0)
		return r;
	memcpy(ret, d, sizeof(d));
	return 0;
}

int tpm_policy_to_sign(struct bpfkey_ctx *ctx, const struct pcr_set *pcrs,
		       const struct nv_ref *counter, const char *ref,
		       uint8_t ret[POLICY_DIGEST_LEN])
{
	uint8_t d[POLICY_DIGEST_LEN];
	const struct view v[] = { { d, sizeof(d) }, { (const uint8_t *)ref, strlen(ref) } };
	int r;

	/* It would allow every state, for ever. */
	if (!pcrs->mask && !counter->index)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a signed state without PCRs and counter");
	r = tpm_policy_state(ctx, pcrs, counter, d);
	return r < 0 ? r : bk_sha256v(ctx, v, ARRAY_SIZE(v), ret);
}

/* For checking signatures only; without a scheme, so that the signature names its own. */
int tpm_policy_signer(struct bpfkey_ctx *ctx, const struct pubkey *k, TPM2B_PUBLIC *ret)
{
	const struct tpm_alg *alg = tpm_alg_of(k);
	TPM2B_PUBLIC p;

	if (!alg)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "TPMs check no signatures of the policy "
			       "key's kind");
	p = tpm_key_template(alg);
	p.publicArea.objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT;
	tpm_public_unique(k, &p.publicArea);
	*ret = p;
	return 0;
}

int tpm_policy_signer_name(struct bpfkey_ctx *ctx, const struct pubkey *k, TPM2B_NAME *ret)
{
	_cleanup_(buf_done) struct buf name = BUF(sizeof(ret->name));
	TPM2B_PUBLIC signer;
	char hex[80];
	int r;

	r = tpm_policy_signer(ctx, k, &signer);
	if (!r)
		r = tpm_public_name(ctx, &signer, hex, sizeof(hex));
	if (r < 0)
		return r;
	if (text_unhex(hex, &name) < 0)
		return bk_out_of_memory(ctx);
	ret->size = (uint16_t)name.n;
	memcpy(ret->name, name.p, name.n);
	return 0;
}

/* extend_authorize - PolicyAuthorize forgets what was before: the signature stands for that */
static int extend_authorize(struct bpfkey_ctx *ctx, const struct key_policy *p,
			    uint8_t d[POLICY_DIGEST_LEN])
{
	const struct view v[] = { { d, POLICY_DIGEST_LEN },
				  { (const uint8_t *)p->ref, strlen(p->ref) } };
	_cleanup_(buf_done) struct buf more = BUF(128);
	TPM2B_NAME name;
	int r;

	if (!p->has_signer)
		return 0;
	r = tpm_policy_signer_name(ctx, &p->signer, &name);
	if (r < 0)
		return r;
	buf_put(&more, name.name, name.size);
	memset(d, 0, POLICY_DIGEST_LEN);
	r = extend(ctx, d, TPM2_CC_PolicyAuthorize, &more);
	return r < 0 ? r : bk_sha256v(ctx, v, ARRAY_SIZE(v), d);
}

int tpm_policy_digest(struct bpfkey_ctx *ctx, const struct key_policy *p,
		      uint8_t ret[POLICY_DIGEST_LEN])
{
	const struct buf nothing = BUF(0);
	uint8_t d[POLICY_DIGEST_LEN] = { 0 };
	int r = extend_authorize(ctx, p, d);

	if (!r)
		r = extend_pcrs(ctx, &p->pcrs, d);
	if (!r)
		r = extend_counter(ctx, &p->counter, d);
	if (!r && p->pin)
		r = extend(ctx, d, TPM2_CC_PolicyAuthValue, &nothing);
	if (r < 0)
		return r;
	memcpy(ret, d, sizeof(d));
	return 0;
}

int tpm_use_template(struct bpfkey_ctx *ctx, const struct tpm_use *use, TPMT_PUBLIC *p)
{
	const struct key_policy *policy = use ? use->policy : NULL;
	int r;

	if (policy && policy->pin)
		p->objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_NODA;
	if (!policy_needs_session(policy))
		return 0;
	r = tpm_policy_digest(ctx, policy, p->authPolicy.buffer);
	if (r < 0)
		return r;
	p->authPolicy.size = POLICY_DIGEST_LEN;
	/* Else the password alone, which may be empty, would do. */
	p->objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_USERWITHAUTH;
	return 0;
}

int tpm_use_ready(struct tpm *t, const struct tpm_use *use, char ret_id[80])
{
	int r = use && use->policy && use->policy->pin ? tpm_pin_ready(t) : 0;

	return r < 0 ? r : tpm_id_read(t, ret_id);
}

int tpm_use_password(struct bpfkey_ctx *ctx, const struct tpm_use *use, TPM2B_AUTH *ret)
{
	if (!use || !use->policy || !use->policy->pin)
		return 0;
	if (!use->auth || bk_secret_len(use->auth) != POLICY_PIN_LEN)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "a PIN that is not stretched");
	ret->size = POLICY_PIN_LEN;
	memcpy(ret->buffer, bk_secret_data(use->auth), POLICY_PIN_LEN);
	/* The TPM forgets them (part 1, "authValue"), the TSS makes session keys with them. */
	while (ret->size && !ret->buffer[ret->size - 1])
		ret->size--;
	return 0;
}

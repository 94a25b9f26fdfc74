/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy_json.h"

#include <string.h>

#include "../base/text.h"
#include "policy_parts.h"

static void set_hex(struct js *j, const char *key, const uint8_t *p, size_t n, bool *ret_ok)
{
	_cleanup_(buf_done) struct buf hex = BUF(2048);

	text_hex(&hex, (struct view){ p, n });
	*ret_ok = *ret_ok && buf_ok(&hex);
	js_set_str(j, key, buf_cstr(&hex));
}

/* get_hex - exactly @n bytes */
static int get_hex(struct bpfkey_ctx *ctx, const struct js *j, const char *key, uint8_t *out,
		   size_t n)
{
	_cleanup_(buf_done) struct buf b = BUF(n);
	const char *hex = "";
	int r = js_str(ctx, j, key, &hex);

	if (r < 0)
		return r;
	if (text_unhex(hex, &b) < 0 || b.n != n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not %zu bytes in "
			       "hexadecimal", key, n);
	memcpy(out, b.p, n);
	return 0;
}

static int get_signer_key(struct bpfkey_ctx *ctx, const struct js *j, struct pubkey *k)
{
	uint64_t bits = 0, e = 0;
	const char *type = "";
	bool ec, rsa;
	int r;

	r = js_str(ctx, j, "type", &type);
	if (!r)
		r = js_u64(ctx, j, "bits", &bits);
	if (r < 0)
		return r;
	ec = !strcmp(type, "ec") && (bits == 256 || bits == 384 || bits == 521);
	rsa = !strcmp(type, "rsa") && (bits == 2048 || bits == 3072 || bits == 4096);
	if (!ec && !rsa)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "a policy key of type '%s' with %lu bits",
			       type, (unsigned long)bits);
	k->type = ec ? PUBKEY_EC : PUBKEY_RSA;
	k->bits = (unsigned int)bits;
	if (ec) {
		r = get_hex(ctx, j, "x", k->x, pubkey_bytes(k));
		return r ? r : get_hex(ctx, j, "y", k->y, pubkey_bytes(k));
	}
	r = js_u64(ctx, j, "e", &e);
	if (!r && (e < 3 || e > UINT32_MAX))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'e' is no exponent");
	k->e = (uint32_t)e;
	return r ? r : get_hex(ctx, j, "n", k->n, pubkey_bytes(k));
}

static int get_signer(struct bpfkey_ctx *ctx, const struct js *j, struct key_policy *p)
{
	_cleanup_(js_freep) struct js *s = NULL;
	int r = js_obj_opt(ctx, j, "signer", &s);

	if (r < 0 || !s)
		return r;
	p->has_signer = true;
	r = get_signer_key(ctx, s, &p->signer);
	if (!r)
		r = policy_parts_copy(ctx, s, "ref", p->ref, sizeof(p->ref));
	if (!r)
		r = policy_parts_copy(ctx, s, "file", p->file, sizeof(p->file));
	return r;
}

static int get_pin(struct bpfkey_ctx *ctx, const struct js *j, struct key_policy *p)
{
	_cleanup_(js_freep) struct js *pin = NULL;
	uint64_t rounds = 0;
	int r = js_obj_opt(ctx, j, "pin", &pin);

	if (r < 0 || !pin)
		return r;
	p->pin = true;
	r = get_hex(ctx, pin, "salt", p->pin_salt, sizeof(p->pin_salt));
	if (!r)
		r = js_u64(ctx, pin, "rounds", &rounds);
	if (!r && (rounds < POLICY_PIN_ROUNDS_MIN || rounds > POLICY_PIN_ROUNDS_MAX))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'rounds' is not between %u and %u",
			    POLICY_PIN_ROUNDS_MIN, POLICY_PIN_ROUNDS_MAX);
	p->pin_rounds = (uint32_t)rounds;
	return r;
}

int policy_json_get(struct bpfkey_ctx *ctx, const struct js *j, struct key_policy *ret)
{
	_cleanup_(js_freep) struct js *o = NULL;
	struct key_policy p = { 0 };
	int r = js_obj_opt(ctx, j, "policy", &o);

	if (!r && o)
		r = get_pin(ctx, o, &p);
	if (!r && o)
		r = get_signer(ctx, o, &p);
	if (!r && o)
		r = policy_parts_get(ctx, o, &p.pcrs, &p.counter);
	if (r < 0)
		return bk_fail(ctx, r, "cannot read the policy of the key");
	/* Else a later version's policy would look like none. */
	if (o && policy_is_empty(&p))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the policy of the key has no part that this "
			       "version knows");
	*ret = p;
	return 0;
}

static struct js *signer_object(const struct key_policy *p, bool *ret_ok)
{
	const struct pubkey *k = &p->signer;
	struct js *s = js_new();

	if (!s)
		return NULL;
	js_set_str(s, "type", k->type == PUBKEY_EC ? "ec" : "rsa");
	js_set_u64(s, "bits", k->bits);
	if (k->type == PUBKEY_EC) {
		set_hex(s, "x", k->x, pubkey_bytes(k), ret_ok);
		set_hex(s, "y", k->y, pubkey_bytes(k), ret_ok);
	} else {
		js_set_u64(s, "e", k->e);
		set_hex(s, "n", k->n, pubkey_bytes(k), ret_ok);
	}
	js_set_str(s, "ref", p->ref);
	js_set_str(s, "file", p->file);
	return s;
}

int policy_json_set(struct bpfkey_ctx *ctx, struct js *j, const struct key_policy *p)
{
	_cleanup_(js_freep) struct js *o = NULL, *pin = NULL, *signer = NULL;
	bool good = true;
	int r;

	if (policy_is_empty(p))
		return 0;
	o = js_new();
	pin = js_new();
	signer = signer_object(p, &good);
	if (!o || !pin || !signer)
		return bk_out_of_memory(ctx);
	if (p->pin) {
		set_hex(pin, "salt", p->pin_salt, sizeof(p->pin_salt), &good);
		js_set_u64(pin, "rounds", p->pin_rounds);
		js_set_obj(o, "pin", pin);
	}
	if (p->has_signer)
		js_set_obj(o, "signer", signer);
	r = policy_parts_set(ctx, o, &p->pcrs, &p->counter);
	if (r < 0)
		return r;
	if (!good)
		return bk_out_of_memory(ctx);
	js_set_obj(j, "policy", o);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key_policy.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>

#include "key_states.h"
#include "machine.h"
#include "policies.h"

bool key_policy_given(const struct bpfkey_key_opts *o)
{
	return o->policy || o->pcrs || o->counter ||
	       (o->flags & (BPFKEY_MAKE_PIN | BPFKEY_MAKE_NO_POLICY));
}

/* folder_of - of a file that need not be there, without any symbolic link in it */
static int folder_of(struct bpfkey_ctx *ctx, const char *path, char **ret)
{
	_cleanup_(bk_freep) char *copy = strdup(path);

	if (!copy)
		return bk_out_of_memory(ctx);
	*ret = realpath(dirname(copy), NULL);
	return *ret ? 0 : bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "no folder for '%s'", path);
}

/* put_path - @file as the key at @path names it: relative when it is beside it, or below */
static int put_path(struct bpfkey_ctx *ctx, const char *path, const char *file,
		    char ret[POLICY_FILE_MAX])
{
	_cleanup_(bk_freep) char *key = NULL, *folder = NULL, *copy = strdup(file), *whole = NULL;
	const char *name;
	size_t n;
	int r;

	if (!copy)
		return bk_out_of_memory(ctx);
	r = folder_of(ctx, path, &key);
	if (!r)
		r = folder_of(ctx, file, &folder);
	if (r < 0)
		return r;
	/* "/" is the only folder that ends in one. */
	if (asprintf(&whole, "%s/%s", folder[1] ? folder : "", basename(copy)) < 0) {
		whole = NULL;
		return bk_out_of_memory(ctx);
	}
	n = key[1] ? strlen(key) : 0;
	name = !strncmp(whole, key, n) && whole[n] == '/' ? whole + n + 1 : whole;
	if (strlen(name) >= POLICY_FILE_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the path '%s' is longer than %d bytes",
			       name, POLICY_FILE_MAX - 1);
	snprintf(ret, POLICY_FILE_MAX, "%s", name);
	return 0;
}

static int set_signer(struct bpfkey_ctx *ctx, const char *path, const char *file,
		      struct key_policy *p)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	int r;

	if (!strcmp(file, "-"))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a policy has to be a file, which every use "
			       "of the key reads");
	r = policies_read(ctx, file, &f);
	if (!r)
		r = put_path(ctx, path, file, p->file);
	if (r < 0)
		return r;
	p->has_signer = true;
	p->signer = f.grants.signer;
	snprintf(p->ref, sizeof(p->ref), "%s", f.grants.ref);
	return 0;
}

int key_policy_moved(struct bpfkey_ctx *ctx, const char *from, const char *to,
		     struct key_policy *p)
{
	_cleanup_(bk_freep) char *file = NULL;
	int r;

	if (!p->has_signer || p->file[0] == '/')
		return 0;
	r = key_states_path(ctx, from, p, &file);
	return r ? r : put_path(ctx, to, file, p->file);
}

int key_policy_check_new(struct bpfkey_ctx *ctx, const char *path,
			 const struct bpfkey_key_opts *o)
{
	if (o->flags & BPFKEY_MAKE_NO_POLICY)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "BPFKEY_MAKE_NO_POLICY takes a policy away, "
			       "and a key that is being made has none");
	return key_policy_check(ctx, path, o);
}

int key_policy_check(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_key_opts *o)
{
	struct key_policy p = { 0 };
	int r = 0;

	if (!key_policy_given(o) && !o->limit)
		return 0;
	if (o->form != BPFKEY_FORM_TPM && o->form != BPFKEY_FORM_SEALED) {
		bk_hint(ctx, "a key in a file can be kept under a passphrase");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "%s is for the forms tpm and sealed: a TPM "
			       "watches over it", o->policy ? "a signed policy" :
			       o->pcrs ? "a binding to PCRs" :
			       o->counter || o->limit ? "a rollback limit" :
			       o->flags & BPFKEY_MAKE_PIN ? "a PIN" : "a policy");
	}
	if (o->limit && !o->counter)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a limit without a counter");
	if (o->pcrs)
		r = machine_pcrs(ctx, o->pcrs, &p.pcrs);
	if (!r)
		r = machine_counter(ctx, o->counter);
	if (!r && o->policy)
		r = set_signer(ctx, path, o->policy, &p);
	return r;
}

/* take_pcrs - as they are now: those of the options, or of the policy before */
static int take_pcrs(struct bpfkey_ctx *ctx, struct tpm *t, const char *text,
		     struct pcr_set *set)
{
	struct pcr_set wanted = *set;
	int r = 0;

	if (text)
		r = machine_pcrs(ctx, text, &wanted);
	if (r < 0 || !wanted.mask)
		return r;
	r = tpm_pcr_read(t, wanted.bank, wanted.mask, set);
	if (!r)
		machine_warn_blank(ctx, set);
	return r;
}

/* check_limit - so that no key is made which is dead already */
static int check_limit(struct bpfkey_ctx *ctx, const struct nv_ref *c, uint64_t now)
{
	if (now <= c->limit)
		return 0;
	bk_hint(ctx, "a limit from %llu on, or none for the present value",
		(unsigned long long)now);
	return bk_fail(ctx, -BPFKEY_E_POLICY, "the counter 0x%08x is %llu already, over the limit "
		       "%llu", c->index, (unsigned long long)now, (unsigned long long)c->limit);
}

/*
 * take_counter - a limit that was set stays, for as long as it is this very counter; what stands
 * at its index in another TPM counts from its present value on
 */
static int take_counter(struct bpfkey_ctx *ctx, struct tpm *t, const struct bpfkey_key_opts *o,
			struct nv_ref *c)
{
	struct key_policy p = { .counter = { .index = o->counter ? o->counter : c->index } };
	const struct tpm_use use = { .policy = &p };
	struct tpm_standing s;
	int r;

	if (!p.counter.index)
		return 0;
	r = tpm_counter_ref(t, p.counter.index, &p.counter);
	if (!r)
		r = tpm_standing(t, &use, &s);
	if (r < 0)
		return r;
	if (o->counter && o->limit)
		p.counter.limit = o->limit;
	else if (!o->counter && !strcmp(p.counter.name, c->name))
		p.counter.limit = c->limit;
	else
		p.counter.limit = s.literal.counter_now;
	*c = p.counter;
	return check_limit(ctx, c, s.literal.counter_now);
}

int key_policy_make(struct bpfkey_ctx *ctx, struct tpm *t, const char *path,
		    const struct bpfkey_key_opts *o, struct bk_secret *pin, struct key_use *u)
{
	bool new_pin = o->flags & BPFKEY_MAKE_PIN;
	int r = 0;

	if (o->flags & BPFKEY_MAKE_NO_POLICY)
		u->policy = (struct key_policy){ 0 };
	u->policy.pin |= new_pin;
	if (o->policy)
		r = set_signer(ctx, path, o->policy, &u->policy);
	if (!r)
		r = take_pcrs(ctx, t, o->pcrs, &u->policy.pcrs);
	if (!r)
		r = take_counter(ctx, t, o, &u->policy.counter);
	return r ? r : key_use_new(ctx, path, new_pin ? NULL : pin, u);
}

int key_policy_warn(struct bpfkey_ctx *ctx, struct tpm *t, const struct key_use *u)
{
	struct tpm_standing s;
	int r;

	if (!u->policy.has_signer)
		return 0;
	r = tpm_standing(t, &u->use, &s);
	if (r < 0 || s.granted.met)
		return r;
	bk_log(ctx, BPFKEY_LOG_WARNING, "the machine is in no state that is signed in '%s': the "
	       "key works once 'keyctl-bpf key policy sign' has added one", u->policy.file);
	return 0;
}

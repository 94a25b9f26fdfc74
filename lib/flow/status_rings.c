/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the keyrings needs attention: each finding says what is open, and the next command. */
#include <string.h>
#include <time.h>

#include <bpfkey.h>

#include "../base/text.h"
#include "findings.h"
#include "ring_snapshot.h"

#define TOPIC "keyring"
/* Time enough to make, distribute and enrol the next certificate. */
#define SOON (30 * 24 * 3600)

static const char *key_name(const struct bpfkey_ring_key *k)
{
	return k->cert ? cert_info(k->cert)->subject : k->description;
}

static void check_state(const struct bpfkey_ring *s, const struct bpfkey_ring_key *k,
			struct bpfkey_findings *f)
{
	const char *ring = s->info.name, *role = bpfkey_role_name(s->info.role);
	char next[128], t[TEXT_TIME_MAX];

	switch (k->state) {
	case BPFKEY_RING_KEY_EXPIRED:
		findings_add(f, BPFKEY_ATTENTION, TOPIC,
			     "keyctl-bpf cert issue or cert new, then keyctl-bpf keyring enroll",
			     "key %d, '%s', in '%s' expired on %s", k->serial, key_name(k), ring,
			     text_from_time(k->expires, t));
		return;
	case BPFKEY_RING_KEY_REVOKED:
		findings_add(f, BPFKEY_NOTE, TOPIC, "",
			     "key %d, '%s', in '%s' is revoked: the kernel refuses what it signed",
			     k->serial, key_name(k), ring);
		return;
	case BPFKEY_RING_KEY_ABSENT:
		snprintf(next, sizeof(next),
			 "keyctl-bpf keyring enroll CERT --role %s, or keyctl-bpf keyring remove",
			 role);
		findings_add(f, BPFKEY_ATTENTION, TOPIC, next,
			     "'%s' was enrolled here, but '%s' does not hold it (a reboot empties "
			     "keyrings)",
			     key_name(k), ring);
		return;
	case BPFKEY_RING_KEY_VALID:
		if (k->expires > 0 && k->expires - time(NULL) < SOON)
			findings_add(
				f, BPFKEY_ATTENTION, TOPIC,
				"keyctl-bpf cert issue or cert new, then keyctl-bpf keyring enroll",
				"key %d, '%s', in '%s' expires soon, on %s", k->serial, key_name(k),
				ring, text_from_time(k->expires, t));
	}
}

static void check_key(const struct bpfkey_ring *s, const struct bpfkey_ring_key *k,
		      struct bpfkey_findings *f)
{
	char next[96];

	check_state(s, k, f);
	if (k->state == BPFKEY_RING_KEY_ABSENT)
		return;
	snprintf(next, sizeof(next), "keyctl unlink %d %d, unless you know whose it is", k->serial,
		 s->info.serial);
	if (!k->cert)
		findings_add(f, BPFKEY_ATTENTION, TOPIC, next,
			     "key %d in '%s', '%s', is unknown: it was not enrolled here",
			     k->serial, s->info.name, k->description);
	else if (!(cert_info(k->cert)->roles & 1u << s->info.role))
		findings_add(f, BPFKEY_ATTENTION, TOPIC, next,
			     "key %d, '%s', is in '%s' without the role '%s'", k->serial,
			     key_name(k), s->info.name, bpfkey_role_name(s->info.role));
	if (k->cert && k->expires == 0)
		findings_add(f, BPFKEY_ATTENTION, TOPIC,
			     "keyctl-bpf keyring remove, then keyring enroll",
			     "the kernel has no end for key %d, '%s', although its certificate has",
			     k->serial, key_name(k));
	if (k->perm & 0x00003c3cu)
		findings_add(
			f, BPFKEY_ATTENTION, TOPIC,
			"keyctl-bpf keyring remove, then keyring enroll",
			"the permissions %08x of key %d, '%s', let users other than root change it",
			k->perm, k->serial, key_name(k));
}

/* is_sealed_empty - by the kernel or the module, because nobody asked for it open. */
static bool is_sealed_empty(const struct bpfkey_ring *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].state != BPFKEY_RING_KEY_ABSENT)
			return false;
	return s->info.profile == BPFKEY_PROFILE_PARTIAL && !s->info.anchor;
}

static void check_profile(const struct bpfkey_ring *s, const char *staging,
			  struct bpfkey_findings *f)
{
	const struct bpfkey_ring_info *i = &s->info;
	char next[192];

	if (is_sealed_empty(s)) {
		findings_add(f, BPFKEY_ATTENTION, TOPIC,
			     i->kind == BPFKEY_RING_NATIVE
				     ? "boot with bpf.keyring_unsealed=1"
				     : "boot with bpf_keyring.keyring_unsealed=1",
			     "'%s' was sealed empty: it takes no key before the next boot",
			     i->name);
		return;
	}
	snprintf(next, sizeof(next), "keyctl-bpf keyring seal --role %s%s%s --profile locked --yes",
		 bpfkey_role_name(i->role), staging ? " --staging " : "", staging ? staging : "");
	switch (i->profile) {
	case BPFKEY_PROFILE_LOCKED:
	case BPFKEY_PROFILE_ANCHORED:
		return;
	case BPFKEY_PROFILE_OPEN:
		findings_add(f, BPFKEY_ATTENTION, TOPIC, next,
			     "'%s' is not sealed: whoever becomes root can enrol keys%s", i->name,
			     i->kind == BPFKEY_RING_NATIVE
				     ? ", and until it is this kernel verifies nothing against it"
				     : "");
		return;
	case BPFKEY_PROFILE_UNKNOWN:
		findings_add(f, BPFKEY_UNCHECKED, TOPIC, "keyctl-bpf doctor",
			     "whether '%s' is sealed could not be read: %s", i->name, i->detail);
		return;
	case BPFKEY_PROFILE_FOREIGN:
	case BPFKEY_PROFILE_PARTIAL:
		findings_add(f, BPFKEY_ATTENTION, TOPIC,
			     i->profile == BPFKEY_PROFILE_PARTIAL ? "keyctl-bpf keyring seal" : "",
			     "'%s': %s", i->name, i->detail);
	}
}

static void check_ring(const struct bpfkey_ring *s, const char *staging, struct bpfkey_findings *f)
{
	const struct bpfkey_ring_info *i = &s->info;
	size_t valid = 0;

	check_profile(s, staging, f);
	if (i->kind == BPFKEY_RING_STAGING || i->kind == BPFKEY_RING_ORDINARY)
		findings_add(f, BPFKEY_ATTENTION, TOPIC,
			     i->kind == BPFKEY_RING_STAGING
				     ? "keyctl-bpf keyring create"
				     : "load the module bpf_keyring at boot, then enrol again",
			     "'%s' is an ordinary keyring%s: whoever possesses it may "
			     "invalidate it",
			     i->name, i->kind == BPFKEY_RING_STAGING ? ", for development" : "");
	if (i->nested)
		findings_add(f, BPFKEY_ATTENTION, TOPIC, "keyctl show, then keyctl unlink",
			     "'%s' holds %u other keyrings, which the kernel searches too", i->name,
			     i->nested);
	if (i->other)
		findings_add(f, BPFKEY_NOTE, TOPIC, "",
			     "'%s' holds %u keys that are no certificates", i->name, i->other);
	for (size_t k = 0; k < s->n; k++) {
		check_key(s, &s->keys[k], f);
		valid += s->keys[k].state == BPFKEY_RING_KEY_VALID;
	}
	if (!valid)
		findings_add(
			f, BPFKEY_ATTENTION, TOPIC, "keyctl-bpf keyring enroll CERT",
			"'%s' holds no valid key: nothing that is signed can be loaded with it",
			i->name);
}

/* The others count only when something is in them; anchors also when .bpf relies on them. */
static void check_others(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f)
{
	for (enum bpfkey_role role = BPFKEY_ROLE_BUILD + 1; role < BPFKEY_ROLE__END; role++) {
		_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;

		if (ring_snapshot(ctx, role, staging, &s) < 0) {
			bk_forget(ctx);
			continue;
		}
		if (s->n)
			check_ring(s, staging, f);
	}
}

static void check_published(struct bpfkey_ctx *ctx, const struct bpfkey_ring_info *i,
			    struct bpfkey_findings *f)
{
	int32_t id = 0;
	int r = ring_published(ctx, &id);

	if (r < 0)
		findings_add(f, BPFKEY_ATTENTION, TOPIC, "keyctl-bpf keyring create",
			     "loaders are not told a keyring: %s", bpfkey_ctx_message(ctx));
	else if (id != i->id && i->kind != BPFKEY_RING_STAGING)
		findings_add(f, BPFKEY_ATTENTION, TOPIC, "keyctl-bpf keyring create",
			     "loaders are told keyring %d, but '%s' is %d", id, i->name, i->id);
	bk_forget(ctx);
}

void findings_rings(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;
	int r = ring_snapshot(ctx, BPFKEY_ROLE_BUILD, staging, &s);

	if (r == -BPFKEY_E_NO_KEYRING || r == -BPFKEY_E_FOREIGN) {
		findings_add(f, BPFKEY_ATTENTION, TOPIC, bpfkey_ctx_hint(ctx), "%s",
			     bpfkey_ctx_message(ctx));
		bk_forget(ctx);
		return;
	}
	if (r < 0) {
		findings_failed(f, ctx, TOPIC);
		return;
	}
	check_ring(s, staging, f);
	check_published(ctx, &s->info, f);
	check_others(ctx, staging, f);
}

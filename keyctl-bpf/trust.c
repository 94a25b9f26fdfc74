// SPDX-License-Identifier: GPL-2.0-or-later
#include "trust.h"

#include <stdlib.h>

void trust_done(struct trust *t)
{
	for (size_t i = 0; !t->ring && i < t->n; i++)
		bpfkey_cert_free(t->certs[i]);
	free(t->certs);
	bpfkey_ring_free(t->ring);
	*t = (struct trust){ 0 };
}

int trust_given(struct cli *cli, const struct opt_list *paths, struct trust *ret)
{
	struct trust t = { .certs = calloc(paths->n + 1, sizeof(*t.certs)) };
	int r = t.certs ? 0 : -BPFKEY_E_NOMEM;

	while (r >= 0 && t.n < paths->n) {
		r = bpfkey_cert_open(cli->ctx, paths->v[t.n], &t.certs[t.n]);
		t.n += r >= 0;
	}
	if (r < 0) {
		trust_done(&t);
		return r;
	}
	*ret = t;
	return 0;
}

int trust_machine(struct cli *cli, const char *staging, struct trust *ret)
{
	struct trust t = { 0 };
	size_t n;
	int r = bpfkey_ring_open(cli->ctx, BPFKEY_ROLE_BUILD, staging, &t.ring);

	if (r < 0)
		return r;
	n = bpfkey_ring_key_count(t.ring);
	t.certs = calloc(n + 1, sizeof(*t.certs));
	for (size_t i = 0; t.certs && i < n; i++) {
		const struct bpfkey_ring_key *k = bpfkey_ring_key(t.ring, i);

		if (k->cert && k->state == BPFKEY_RING_KEY_VALID)
			t.certs[t.n++] = (struct bpfkey_cert *)k->cert;
	}
	if (t.n) {
		*ret = t;
		return 0;
	}
	r = t.certs ? -BPFKEY_E_NOT_ENROLLED : -BPFKEY_E_NOMEM;
	trust_done(&t);
	if (r == -BPFKEY_E_NOMEM)
		return r;
	cmd_hint(cli, "enrol one with keyctl-bpf keyring enroll CERT, or name the certificate "
		 "with --cert");
	return cmd_fail(cli, r, "this machine's keyring holds no valid key whose certificate is "
			"known here");
}

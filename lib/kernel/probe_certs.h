/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BK_PROBE_CERTS_H
#define BK_PROBE_CERTS_H

#include "../base/util.h"

struct probe_cert {
	const char *alg;
	struct view der;
};

extern const struct probe_cert probe_certs[];
extern const size_t probe_certs_n;

/* Behind the others in what probe_alg() counts. */
extern const struct probe_cert probe_mldsa;

#endif

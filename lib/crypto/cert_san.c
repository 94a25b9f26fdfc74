// SPDX-License-Identifier: LGPL-2.1-or-later
/* Subject alternative names (RFC 5280 4.2.1.6), compared as they stand. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#include "cert_int.h"

static const struct {
	const char *prefix;
	int type;
} kinds[] = {
	{ "DNS:", GEN_DNS }, { "URI:", GEN_URI }, { "email:", GEN_EMAIL }, { "IP:", GEN_IPADD },
};

/* What a name is, and its bytes as they stand in a certificate. */
struct name {
	int type;
	uint8_t ip[16];
	struct view bytes;
};

static int parse(struct bpfkey_ctx *ctx, const char *san, struct name *ret)
{
	const char *rest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !rest; i++) {
		if (strncmp(san, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		rest = san + strlen(kinds[i].prefix);
		ret->type = kinds[i].type;
	}
	if (!rest || !*rest)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no subject alternative name: "
			       "DNS:host, URI:spiffe://..., email:a@b or IP:192.0.2.1", san);
	ret->bytes = (struct view){ (const uint8_t *)rest, strlen(rest) };
	if (ret->type != GEN_IPADD)
		return 0;
	if (inet_pton(AF_INET, rest, ret->ip) == 1)
		ret->bytes = (struct view){ ret->ip, 4 };
	else if (inet_pton(AF_INET6, rest, ret->ip) == 1)
		ret->bytes = (struct view){ ret->ip, 16 };
	else
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no address", rest);
	return 0;
}

int cert_san_check(struct bpfkey_ctx *ctx, const char *san)
{
	struct name n;

	return parse(ctx, san, &n);
}

static bool is_it(const GENERAL_NAME *g, const struct name *want)
{
	const ASN1_STRING *s;
	int type = -1;

	s = GENERAL_NAME_get0_value(g, &type);
	if (type != want->type || !s || (size_t)ASN1_STRING_length(s) != want->bytes.n)
		return false;
	/* Host names have no case; everything else is what it is. */
	if (type == GEN_DNS)
		return !strncasecmp((const char *)ASN1_STRING_get0_data(s),
				    (const char *)want->bytes.p, want->bytes.n);
	return !memcmp(ASN1_STRING_get0_data(s), want->bytes.p, want->bytes.n);
}

int cert_check_san(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, const char *san)
{
	GENERAL_NAMES *names;
	bool found = false;
	struct name want;
	int r = parse(ctx, san, &want);

	if (r < 0)
		return r;
	names = X509_get_ext_d2i(cert_x509(cert), NID_subject_alt_name, NULL, NULL);
	for (int i = 0; names && !found && i < sk_GENERAL_NAME_num(names); i++)
		found = is_it(sk_GENERAL_NAME_value(names, i), &want);
	GENERAL_NAMES_free(names);
	if (!found)
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "it was not issued for '%s'", san);
	return 0;
}

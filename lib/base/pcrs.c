// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pcrs.h"

#include <string.h>

#include "text.h"

static const struct {
	const char *name;
	size_t len;
} banks[] = {
	{ "sha1", 20 }, { "sha256", 32 }, { "sha384", 48 }, { "sha512", 64 },
};

size_t pcrs_len(const char *bank)
{
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		if (!strcmp(banks[i].name, bank))
			return banks[i].len;
	return 0;
}

/* number - one or two digits; moves *@s past them */
static int number(const char **s, unsigned int *ret)
{
	unsigned int v = 0, n = 0;

	for (; **s >= '0' && **s <= '9' && n < 2; (*s)++, n++)
		v = v * 10 + (unsigned int)(**s - '0');
	*ret = v;
	return n && v < POLICY_PCRS ? 0 : -1;
}

int pcrs_parse(const char *text, struct pcr_set *ret)
{
	const char *s = strchr(text, ':');
	struct pcr_set set = { 0 };
	unsigned int from, to;

	if (!s || (size_t)(s - text) >= sizeof(set.bank))
		return -1;
	memcpy(set.bank, text, (size_t)(s - text));
	if (!pcrs_len(set.bank))
		return -1;
	do {
		s++;
		if (number(&s, &from) < 0)
			return -1;
		to = from;
		if (*s == '-' && (s++, number(&s, &to) < 0 || to < from))
			return -1;
		for (; from <= to; from++) {
			if (set.mask & 1u << from)
				return -1;
			set.mask |= 1u << from;
		}
	} while (*s == ',');
	if (*s)
		return -1;
	*ret = set;
	return 0;
}

/* value - "7 : 0x12ab..." behind the blanks of a line, which ends at its NUL */
static int value(const char *s, const char *bank, struct pcr_set *set)
{
	_cleanup_(buf_done) struct buf b = BUF(sizeof(set->value[0]));
	unsigned int pcr;

	if (!*bank || number(&s, &pcr) < 0 || (set->mask && strcmp(set->bank, bank) != 0) ||
	    set->mask & 1u << pcr)
		return -1;
	s += strspn(s, " ");
	if (*s++ != ':')
		return -1;
	s += strspn(s, " ");
	if (strncmp(s, "0x", 2) || text_unhex(s + 2, &b) < 0 || b.n != pcrs_len(bank))
		return -1;
	snprintf(set->bank, sizeof(set->bank), "%s", bank);
	memcpy(set->value[pcr], b.p, b.n);
	set->mask |= 1u << pcr;
	return 0;
}

int pcrs_values(const char *text, struct pcr_set *ret)
{
	char line[256], bank[sizeof(ret->bank)] = "";
	struct pcr_set set = { 0 };

	while (*text) {
		const char *s = text + strspn(text, " \t");
		size_t n = strcspn(s, "\n");

		text = s + n + (s[n] == '\n');
		while (n && (s[n - 1] == ' ' || s[n - 1] == '\r'))
			n--;
		if (!n)
			continue;
		if (n >= sizeof(line))
			return -1;
		memcpy(line, s, n);
		line[n] = 0;
		if (line[n - 1] != ':') {
			if (value(line, bank, &set) < 0)
				return -1;
			continue;
		}
		if (n > sizeof(bank))
			return -1;
		line[n - 1] = 0;
		if (!pcrs_len(line))
			return -1;
		memcpy(bank, line, n);
	}
	if (!set.mask)
		return -1;
	*ret = set;
	return 0;
}

void pcrs_put(struct buf *b, const struct pcr_set *set)
{
	const char *between = ":";

	buf_str(b, set->bank);
	for (unsigned int i = 0; i < POLICY_PCRS; i++) {
		if (!(set->mask & 1u << i))
			continue;
		buf_printf(b, "%s%u", between, i);
		between = ",";
	}
}

uint32_t pcrs_differ(const struct pcr_set *want, const struct pcr_set *there)
{
	size_t n = pcrs_len(want->bank);
	uint32_t mask = 0;

	for (unsigned int i = 0; i < POLICY_PCRS; i++)
		if (want->mask & 1u << i &&
		    (!(there->mask & 1u << i) || memcmp(want->value[i], there->value[i], n)))
			mask |= 1u << i;
	return mask;
}

uint32_t pcrs_blank(const struct pcr_set *set)
{
	size_t n = pcrs_len(set->bank);
	uint32_t mask = 0;

	for (unsigned int i = 0; i < POLICY_PCRS; i++) {
		const uint8_t *v = set->value[i];

		if (set->mask & 1u << i && (v[0] == 0 || v[0] == 0xff) &&
		    !memcmp(v, v + 1, n - 1))
			mask |= 1u << i;
	}
	return mask;
}

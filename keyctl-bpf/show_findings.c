// SPDX-License-Identifier: GPL-2.0-or-later
#include "show_findings.h"

#include "cmd.h"
#include "out.h"

static size_t count(const struct bpfkey_findings *f, enum bpfkey_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < bpfkey_findings_count(f); i++)
		n += bpfkey_findings_get(f, i)->severity == severity;
	return n;
}

static void put(struct cli *cli, const struct bpfkey_finding *one)
{
	out_note(cli->out, "%s: %s: %s", bpfkey_severity_name(one->severity), one->topic,
		 one->what);
	if (one->next[0])
		out_note(cli->out, "    next: %s", one->next);
	if (!cli->json)
		return;
	out_open(cli->out, NULL);
	out_str(cli->out, "severity", bpfkey_severity_name(one->severity));
	out_str(cli->out, "topic", one->topic);
	out_str(cli->out, "what", one->what);
	out_str(cli->out, "next", one->next[0] ? one->next : NULL);
	out_close(cli->out);
}

/* As sentences for people: a table of them would be wider than any terminal. */
void show_findings(struct cli *cli, const struct bpfkey_findings *f)
{
	static const enum bpfkey_severity order[] = {
		BPFKEY_ATTENTION,
		BPFKEY_UNCHECKED,
		BPFKEY_NOTE,
	};

	if (cli->json)
		out_list(cli->out, "findings");
	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
		for (size_t i = 0; i < bpfkey_findings_count(f); i++)
			if (bpfkey_findings_get(f, i)->severity == order[o])
				put(cli, bpfkey_findings_get(f, i));
	if (cli->json)
		out_close(cli->out);
}

int show_verdict(struct cli *cli, const struct bpfkey_findings *f)
{
	size_t attention = count(f, BPFKEY_ATTENTION), unchecked = count(f, BPFKEY_UNCHECKED);
	int r = bpfkey_findings_verdict(f);

	if (r < 0 && attention)
		return cmd_fail(cli, r, "%zu thing%s need%s attention", attention,
				attention > 1 ? "s" : "", attention > 1 ? "" : "s");
	if (r < 0)
		return cmd_fail(cli, r, "%zu thing%s could not be checked", unchecked,
				unchecked > 1 ? "s" : "");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of commands, and the way from a command line to an exit status.
 * Everything a command is lives in its own file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "cmd_list.h"
#include "hygiene.h"
#include "msg.h"
#include "opt.h"
#include "out.h"

/* One line for each command, in the order in which help shows them. */
#define COMMANDS(X)                                                            \
	X(cmd_status)                                                          \
	X(cmd_doctor)                                                          \
	X(cmd_explain)                                                         \
	X(cmd_sign)                                                            \
	X(cmd_resign)                                                          \
	X(cmd_verify)                                                          \
	X(cmd_inspect)                                                         \
	X(cmd_load)                                                            \
	X(cmd_agent)                                                           \
	X(cmd_key_new)                                                         \
	X(cmd_key_import)                                                      \
	X(cmd_key_show)                                                        \
	X(cmd_key_policy_new)                                                  \
	X(cmd_key_policy_sign)                                                 \
	X(cmd_key_policy_show)                                                 \
	X(cmd_key_recover)                                                     \
	X(cmd_key_reseal)                                                      \
	X(cmd_key_wrap)                                                        \
	X(cmd_key_escrow)                                                      \
	X(cmd_cert_new)                                                        \
	X(cmd_cert_request)                                                    \
	X(cmd_cert_issue)                                                      \
	X(cmd_cert_show)                                                       \
	X(cmd_keyring_create)                                                  \
	X(cmd_keyring_show)                                                    \
	X(cmd_keyring_enroll)                                                  \
	X(cmd_keyring_remove)                                                  \
	X(cmd_keyring_seal)                                                    \
	X(cmd_gate_install)                                                    \
	X(cmd_gate_mode)                                                       \
	X(cmd_gate_try)                                                        \
	X(cmd_gate_confirm)                                                    \
	X(cmd_gate_show)                                                       \
	X(cmd_gate_log)                                                        \
	X(cmd_gate_simulate)                                                   \
	X(cmd_gate_programs)                                                   \
	X(cmd_gate_remove)                                                     \
	X(cmd_gate_seal)                                                       \
	X(cmd_gate_image)                                                      \
	X(cmd_gate_sign)                                                       \
	X(cmd_gate_apply)                                                      \
	X(cmd_loader_sign)                                                     \
	X(cmd_loader_allow)                                                    \
	X(cmd_loader_list)                                                     \
	X(cmd_loader_show)                                                     \
	X(cmd_loader_verify)                                                   \
	X(cmd_loader_revoke)                                                   \
	X(cmd_delegation_add)                                                  \
	X(cmd_delegation_issue)                                                \
	X(cmd_delegation_enroll)                                               \
	X(cmd_delegation_list)                                                 \
	X(cmd_delegation_show)                                                 \
	X(cmd_delegation_revoke)                                               \
	X(cmd_tpm_show)                                                        \
	X(cmd_tpm_srk)                                                         \
	X(cmd_tpm_reset_lockout)

#define X(name) extern const struct cmd name;
COMMANDS(X)
#undef X

#define X(name) &name,
static const struct cmd *const commands[] = { COMMANDS(X) };
#undef X

static const struct cmd_list all = { commands, sizeof(commands) / sizeof(commands[0]) };

/*
 * The command's own words follow the common options that stood in front of
 * it, so that its option table is the only place where options are read.
 */
static int run(struct cli *cli, const struct cmd_words *w, int argc, const char **argv)
{
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	int i, n = 0, r;

	if (!words)
		return -BPFKEY_E_NOMEM;
	words[n++] = cli->cmd->verb;
	for (i = 1; i < argc; i++) {
		if (i != w->noun && i != w->verb && i != w->more)
			words[n++] = argv[i];
	}
	r = cli->cmd->run(cli, n, words);
	free(words);
	return r;
}

static int answer(struct cli *cli, int argc, const char **argv)
{
	struct cmd_words words;
	int r = cmd_list_find(&all, cli, argc, argv, &words);

	return r == 0 ? run(cli, &words, argc, argv) : r;
}

/*
 * A module for a token brings into this process what it likes; the agent's configuration may name
 * one.
 */
static bool names_token(int argc, const char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcasestr(argv[i], "pkcs11") || !strcmp(argv[i], cmd_agent.verb))
			return true;
	return false;
}

static int start(struct cli *cli, int argc, const char **argv, const char **ret_why)
{
	int r = hygiene_start(ret_why);

	if (r < 0)
		return r;
	if (!names_token(argc, argv))
		bpfkey_own_openssl();
	*ret_why = bpfkey_err_text(-BPFKEY_E_NOMEM);
	cli->opt = opt_state_new();
	if (!cli->opt || bpfkey_ctx_new(&cli->ctx) < 0)
		return -BPFKEY_E_NOMEM;
	*ret_why = NULL;
	bpfkey_ctx_set_log(cli->ctx, msg_log, cli);
	bpfkey_ctx_set_progress(cli->ctx, msg_progress, cli);
	bpfkey_ctx_set_ask(cli->ctx, ask_secret, cli);
	msg_catch_signals();
	return 0;
}

/* One sentence, one hint or for wrong usage one usage line. */
static void say(const struct cli *cli, const struct out_end *end)
{
	msg_error(end->message, end->hint);
	if (end->r == -BPFKEY_E_USAGE && cli->opt && *opt_usage(cli))
		fprintf(stderr, "%s\n", opt_usage(cli));
}

static int finish(struct cli *cli, int r, const char *why)
{
	struct out_end end = { .r = r, .message = why, .json = cli->json, .quiet = cli->quiet };
	char name[CMD_NAME_MAX];
	int r2;

	msg_progress_end();
	if (cli->cmd)
		end.command = cmd_name(cli->cmd, name);
	if (!end.message && *opt_message(cli)) {
		end.message = opt_message(cli);
		end.hint = opt_hint(cli);
	}
	if (!end.message && *bpfkey_ctx_message(cli->ctx)) {
		end.message = bpfkey_ctx_message(cli->ctx);
		end.hint = bpfkey_ctx_hint(cli->ctx);
	}
	if (!end.message)
		end.message = bpfkey_err_text(r);
	r2 = out_finish(cli->out, &end);
	if (r < 0)
		say(cli, &end);
	if (r2 < 0 && r >= 0) {
		msg_error(r2 == -BPFKEY_E_IO ? "cannot write the answer to standard output" :
			  bpfkey_err_text(r2), NULL);
		r = r2;
	}
	return r < 0 ? bpfkey_err_exit(r) : 0;
}

/*
 * As services and their users know it: "keyctl-bpf-agent ..." is "keyctl-bpf agent ...".
 * Without memory it goes by its own words, and says which command is missing.
 */
static const char **own_words(int *argc, char **argv, const char ***ret_made)
{
	const char *base = *argc ? strrchr(argv[0], '/') : NULL, **words;

	base = base ? base + 1 : *argc ? argv[0] : "";
	words = strcmp(base, "keyctl-bpf-agent") ? NULL :
		calloc((size_t)*argc + 2, sizeof(*words));
	*ret_made = words;
	if (!words)
		return (const char **)argv;
	words[0] = argv[0];
	words[1] = cmd_agent.verb;
	memcpy(words + 2, argv + 1, ((size_t)*argc - 1) * sizeof(*words));
	++*argc;
	return words;
}

int main(int argc, char **argv)
{
	const char **made, **words = own_words(&argc, argv, &made), *why = NULL;
	struct cli cli = { .json = opt_is_given(argc, words, "--json") };
	int r;

	cli.out = out_new();
	if (!cli.out) {
		msg_error(bpfkey_err_text(-BPFKEY_E_NOMEM), NULL);
		return bpfkey_err_exit(-BPFKEY_E_NOMEM);
	}
	r = start(&cli, argc, words, &why);
	if (r == 0)
		r = answer(&cli, argc, words);
	r = finish(&cli, r, why);
	out_free(cli.out);
	bpfkey_ctx_free(cli.ctx);
	opt_state_free(cli.opt);
	free(made);
	return r;
}

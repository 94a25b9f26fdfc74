/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signing log, and the only way by which signatures leave a signer: first
 * the line, then the file.
 */
#ifndef BK_SIGN_LOG_H
#define BK_SIGN_LOG_H

#include <sys/types.h>

#include "signer.h"

struct sign_log;

/*
 * sign_log_open - see that @path can be written to
 * @create: false: a dry run, which makes no file
 */
int sign_log_open(struct bpfkey_ctx *ctx, const char *path, bool create, struct sign_log **ret);
void sign_log_free(struct sign_log *l);
DEFINE_CLEANUP(struct sign_log *, sign_log_free)

/*
 * What was signed. @kind: "object", "raw" or "skeleton"; @before: the input's
 * bytes, @after: the output's; @in, @out: NULL for what is in memory only;
 * @mode, @flags: as bk_file_replace() has them.
 */
struct sign_output {
	const char *kind, *in, *out;
	struct view before, after;
	mode_t mode;
	unsigned int flags;
};

/*
 * sign_log_publish - log a signature set when @s has a log, then write the file
 *
 * When the log cannot be written, there is no output; when the output cannot,
 * the log says so on a second line.
 */
int sign_log_publish(struct signer *s, const struct sign_output *o);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for people on stderr: errors, hints, warnings, progress. */
#ifndef MSG_H
#define MSG_H

#include <stdint.h>

#include <bpfkey/ctx.h>

struct cli;

/* "keyctl-bpf: MESSAGE", then "hint: HINT" when there is one. */
void msg_error(const char *message, const char *hint);
void msg_warning(const struct cli *cli, const char *line);
void msg_debug(const struct cli *cli, const char *line);

/* A bpfkey_log_fn; @user is the struct cli. */
void msg_log(void *user, enum bpfkey_log_level level, const char *line);

/* A progress bar, only on a terminal and only for what takes longer than a second. */
void msg_progress(void *user, const char *what, uint64_t done, uint64_t total);
void msg_progress_end(void);

/* A signal that ends the process leaves the terminal's line clean. */
void msg_catch_signals(void);

#endif

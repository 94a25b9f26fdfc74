// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything that goes to stderr, one line each: what words from outside do to
 * a terminal is stopped here.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "escape.h"
#include "msg.h"

#define BAR_WIDTH 24
#define BAR_DELAY_MS 1000
#define BAR_STEP_MS 100
#define CLEAR_LINE "\r\033[K"

/* The terminal is one per process, and so is the line drawn on it. */
static struct {
	int64_t began_ms, drawn_ms;	/* 0: not begun, not drawn */
	volatile sig_atomic_t shown;
} bar;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void bar_clear(void)
{
	if (bar.shown)
		fputs(CLEAR_LINE, stderr);
	bar.shown = 0;
}

static void put_line(const char *prefix, const char *line)
{
	bar_clear();
	fputs(prefix, stderr);
	escape_put(stderr, line);
	fputc('\n', stderr);
}

void msg_error(const char *message, const char *hint)
{
	put_line("keyctl-bpf: ", message);
	if (hint && *hint)
		put_line("hint: ", hint);
}

void msg_warning(const struct cli *cli, const char *line)
{
	if (!cli->quiet)
		put_line("warning: ", line);
}

void msg_debug(const struct cli *cli, const char *line)
{
	if (cli->verbose)
		put_line("keyctl-bpf: ", line);
}

void msg_log(void *user, enum bpfkey_log_level level, const char *line)
{
	if (level == BPFKEY_LOG_WARNING)
		msg_warning(user, line);
	else
		msg_debug(user, line);
}

void msg_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
	const struct cli *cli = user;
	int64_t now = now_ms();
	unsigned int full;

	if (cli->quiet || !total || !isatty(STDERR_FILENO))
		return;
	if (!bar.began_ms)
		bar.began_ms = now;
	if (now - bar.began_ms < BAR_DELAY_MS)
		return;
	if (done < total && now - bar.drawn_ms < BAR_STEP_MS)
		return;

	full = done >= total ? BAR_WIDTH : (unsigned int)((double)done / total * BAR_WIDTH);
	bar.drawn_ms = now;
	bar.shown = 1;
	fprintf(stderr, CLEAR_LINE "%s [%.*s%*s] %llu/%llu", what, (int)full,
		"========================", (int)(BAR_WIDTH - full), "",
		(unsigned long long)done, (unsigned long long)total);
}

void msg_progress_end(void)
{
	bar_clear();
	bar.began_ms = bar.drawn_ms = 0;
}

static void on_signal(int sig)
{
	if (bar.shown && write(STDERR_FILENO, CLEAR_LINE, sizeof(CLEAR_LINE) - 1) < 0)
		bar.shown = 0;
	/* SA_RESETHAND: the default action ends the process as its parent expects. */
	raise(sig);
}

void msg_catch_signals(void)
{
	const struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* What the caller ignores (nohup) stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The controlling terminal, whatever standard input and output are. Signals
 * stay blocked but while it waits, so that none comes between switching echo
 * off and knowing that it is off.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <bpfkey/err.h>

#include "ask.h"
#include "escape.h"
#include "msg.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define SIGNALS_N (sizeof(signals) / sizeof(signals[0]))

struct terminal {
	int fd;
	struct termios before;
	sigset_t mask;			/* as it was, for the time of waiting */
	struct sigaction old[SIGNALS_N];
};

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

static void put_prompt(int fd, enum bpfkey_secret what, const char *name)
{
	FILE *f = fdopen(dup(fd), "w");

	if (!f)
		return;
	fputs(what == BPFKEY_SECRET_PIN ? "PIN of '" : "Passphrase of '", f);
	escape_put(f, name);
	fputs("': ", f);
	fclose(f);
}

static int echo_off(struct terminal *t)
{
	struct termios off = t->before;

	off.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	off.c_lflag |= ICANON | ISIG;
	return tcsetattr(t->fd, TCSAFLUSH, &off);
}

static int start(struct terminal *t)
{
	const struct sigaction act = { .sa_handler = on_signal };
	sigset_t block;
	size_t i;

	t->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->fd < 0)
		return -BPFKEY_E_NOT_FOUND;
	if (tcgetattr(t->fd, &t->before) < 0) {
		close(t->fd);
		return -BPFKEY_E_NOT_FOUND;
	}
	sigemptyset(&block);
	for (i = 0; i < SIGNALS_N; i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, &t->mask);
	for (i = 0; i < SIGNALS_N; i++) {
		/* What the caller ignores (nohup) stays ignored. */
		if (sigaction(signals[i], NULL, &t->old[i]) == 0 &&
		    t->old[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	}
	caught = 0;
	return 0;
}

static void end(struct terminal *t)
{
	tcsetattr(t->fd, TCSAFLUSH, &t->before);
	for (size_t i = 0; i < SIGNALS_N; i++)
		sigaction(signals[i], &t->old[i], NULL);
	if (write(t->fd, "\n", 1) < 0)
		msg_progress_end();
	close(t->fd);
	sigprocmask(SIG_SETMASK, &t->mask, NULL);
}

/* Canonical mode hands whole lines over, so a read does not wait after ppoll(). */
static int wait_for_line(const struct terminal *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };

	while (ppoll(&p, 1, NULL, &t->mask) < 0) {
		if (errno != EINTR)
			return -BPFKEY_E_IO;
		if (caught)
			return -BPFKEY_E_INTERRUPTED;
	}
	return 0;
}

static int read_line(const struct terminal *t, char *buf, size_t cap, size_t *ret_len)
{
	size_t n = 0;
	char c;

	for (;;) {
		int r = wait_for_line(t);
		ssize_t got = r < 0 ? 0 : read(t->fd, &c, 1);

		if (r < 0)
			return r;
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -BPFKEY_E_IO;
		/* The end of input without a line is no answer, not an empty one. */
		if (!got && !n)
			return -BPFKEY_E_INTERRUPTED;
		if (!got || c == '\n')
			break;
		if (n == cap)
			return -BPFKEY_E_TOO_BIG;
		buf[n++] = c;
	}
	*ret_len = n;
	return 0;
}

/* stopped - let the shell have the terminal; true when it is ours again */
static int stopped(struct terminal *t)
{
	sigset_t one, old;

	if (caught != SIGTSTP)
		return 0;
	tcsetattr(t->fd, TCSAFLUSH, &t->before);
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	sigemptyset(&one);
	sigaddset(&one, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &one, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGTSTP, on_signal);
	caught = 0;
	return 1;
}

int ask_secret(void *user, enum bpfkey_secret what, const char *name, char *buf, size_t cap,
	       size_t *ret_len)
{
	struct terminal t;
	int r = start(&t);

	(void)user;
	if (r < 0)
		return r;
	do {
		put_prompt(t.fd, what, name);
		r = echo_off(&t) < 0 ? -BPFKEY_E_IO : read_line(&t, buf, cap, ret_len);
	} while (r == -BPFKEY_E_INTERRUPTED && stopped(&t));
	end(&t);
	/* The terminal is whole again: now the signal may do what it does. */
	if (r == -BPFKEY_E_INTERRUPTED && caught)
		raise(caught);
	return r;
}

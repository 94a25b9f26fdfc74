/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A swtpm of a test program's own, as tests/tpm/lib.sh has it for scripts. */
#ifndef TPM_TEST_SWTPM_H
#define TPM_TEST_SWTPM_H

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "tests/tpm/help.h"

static pid_t swtpm_pid;

static void swtpm_stop(void)
{
	if (swtpm_pid > 0) {
		kill(swtpm_pid, SIGKILL);
		waitpid(swtpm_pid, NULL, 0);
	}
	swtpm_pid = 0;
}

static bool swtpm_answers(unsigned int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_(bk_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static void swtpm_run(unsigned int port)
{
	char server[64], ctrl[64], state[160];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(server, sizeof(server), "type=tcp,port=%u", port);
	snprintf(ctrl, sizeof(ctrl), "type=tcp,port=%u", port + 1);
	snprintf(state, sizeof(state), "dir=%s", in_dir("swtpm"));
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server,
	       "--ctrl", ctrl, "--flags", "not-need-init", (char *)NULL);
	_exit(127);
}

/* swtpm_begin - begin() of help.h, with a TPM behind a bus as what spec names */
static void swtpm_begin(void)
{
	unsigned short random = 0;

	begin();
	mkdir(in_dir("swtpm"), 0700);
	for (int tries = 0; tries < 8; tries++) {
		unsigned int port;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			break;
		port = 20000 + random % 20000;
		fflush(stdout);
		swtpm_pid = fork();
		if (!swtpm_pid)
			swtpm_run(port);
		for (int i = 0; i < 100 && !waitpid(swtpm_pid, NULL, WNOHANG); i++) {
			usleep(50000);
			if (!swtpm_answers(port + 1))
				continue;
			snprintf(spec, sizeof(spec), "swtpm:host=127.0.0.1,port=%u", port);
			return;
		}
		swtpm_stop();
	}
	printf("Bail out! swtpm does not start\n");
	_exit(1);
}

static int swtpm_end(void)
{
	swtpm_stop();
	return end();
}

#endif

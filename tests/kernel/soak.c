/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soak SECONDS NAME:TYPE:RING:SIGNATURE:ERRNO...: a process for each, which loads the program of
 * attacks/attack.h as NAME, of that type and with that signature ("-": none), until the time is
 * over. Prints "NAME=LOADS" over all processes of the name, and "wrong=N": attempts that did not
 * end in that errno.
 */
#include "attacks/attack.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define ROLES 32

struct counts {
	atomic_ulong loads[ROLES], wrong;
};

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void work(char *role, int i, time_t end, struct counts *c)
{
	struct buf sig = BUF(FILE_MAX);
	char *word[5], *save = NULL;
	struct tiny t = { 0 };
	int want;

	for (size_t k = 0; k < ARRAY_SIZE(word); k++)
		word[k] = strtok_r(k ? NULL : role, ":", &save);
	if (!word[4] || (strcmp(word[3], "-") && bk_file_read(NULL, word[3], FILE_MAX, &sig)))
		_exit(2);
	t = (struct tiny){ .name = word[0], .type = atoi(word[1]), .keyring = atoi(word[2]),
			   .sig = buf_view(&sig) };
	want = atoi(word[4]);
	while (now() < end) {
		atomic_fetch_add(&c->loads[i], 1);
		if (try_tiny(&t) != want)
			atomic_fetch_add(&c->wrong, 1);
	}
	_exit(0);
}

/* One line a name, not a process. */
static void tell(int n, char **role, struct counts *c)
{
	for (int i = 0; i < n; i++) {
		size_t len = strcspn(role[i], ":");
		unsigned long sum = 0;
		bool told = false;

		for (int k = 0; k < n; k++) {
			if (strcspn(role[k], ":") != len || strncmp(role[k], role[i], len) != 0)
				continue;
			told = told || k < i;
			sum += c->loads[k];
		}
		if (!told)
			printf("%.*s=%lu\n", (int)len, role[i], sum);
	}
	printf("wrong=%lu\n", c->wrong);
}

int main(int argc, char **argv)
{
	struct counts *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, failed = 0;
	time_t end;

	if (argc < 3 || argc - 2 > ROLES || c == MAP_FAILED)
		return 2;
	end = now() + atoi(argv[1]);
	for (int i = 0; i < argc - 2; i++)
		if (!fork())
			work(argv[i + 2], i, end, c);
	while (wait(&status) > 0)
		failed |= status;
	tell(argc - 2, argv + 2, c);
	return failed ? 1 : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress RING N SIG_A SIG_B: N signed loads by eight threads on one processor,
 * four of them under SCHED_FIFO, so that loads preempt one another everywhere.
 * Threads alternate between two signatures of the same bytes and name their
 * programs "key_a" and "key_b". Prints how many loads of each succeeded and
 * how many of both failed.
 */
#include "attack.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#define THREADS 8

static struct buf sigs[2] = { { .max = FILE_MAX }, { .max = FILE_MAX } };
static atomic_long left, done[2], failed;
static int ring;

static void *work(void *arg)
{
	long i = (long)arg;
	struct sched_param prio = { .sched_priority = 10 + (int)i };
	struct timespec pause = { 0, 200000 + 37000 * i };
	struct tiny t = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER, .keyring = ring,
		.name = i & 1 ? "key_b" : "key_a", .sig = buf_view(&sigs[i & 1]),
	};
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (i >= THREADS / 2)
		sched_setscheduler(0, SCHED_FIFO, &prio);
	while (atomic_fetch_sub(&left, 1) > 0) {
		if (try_tiny(&t))
			atomic_fetch_add(&failed, 1);
		else
			atomic_fetch_add(&done[i & 1], 1);
		if (i >= THREADS / 2)
			nanosleep(&pause, NULL);
	}
	/* A sanitizer's lock at the end of a thread spins, and its owner may be one we preempt. */
	if (i >= THREADS / 2)
		sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	if (argc != 5 || bk_file_read(NULL, argv[3], FILE_MAX, &sigs[0]) ||
	    bk_file_read(NULL, argv[4], FILE_MAX, &sigs[1]))
		return 2;
	ring = atoi(argv[1]);
	left = atol(argv[2]);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i))
			return 2;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("key_a=%ld\nkey_b=%ld\nfailed=%ld\n", done[0], done[1], failed);
	return 0;
}

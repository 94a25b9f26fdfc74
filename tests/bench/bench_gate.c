/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the gate costs, measured inside a guest by tests/bench/gate.t.
 *
 * bench_gate exec N PROGRAM              nanoseconds for each fork, exec and end
 * bench_gate load N TYPE RING SIGNATURE  for each load ("-": unsigned), closed again
 * bench_gate rules N                     the gate gets rules, until it has N
 * bench_gate hold COMMAND...             runs it with descriptors of the gate's programs
 * bench_gate ran [each]                  below that: nanoseconds that these programs ran until now
 */
#include "tests/kernel/attacks/attack.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/bpf/decide.h"
#include "lib/flow/gate_flow.h"
#include "lib/kernel/gate.h"

#define HELD "BENCH_GATE_FDS"

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int one_exec(const char *program)
{
	pid_t pid = vfork();
	int status = -1;

	if (!pid) {
		execl(program, program, "true", NULL);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

static int do_exec(char **argv)
{
	int n = atoi(argv[0]), bad = 0;
	uint64_t start = now_ns();

	for (int i = 0; i < n; i++)
		bad |= one_exec(argv[1]);
	printf("%llu\n", (unsigned long long)(now_ns() - start) / n);
	return bad != 0;
}

static int do_load(char **argv)
{
	struct buf sig = BUF(FILE_MAX);
	struct tiny t = { .type = atoi(argv[1]), .keyring = atoi(argv[2]) };
	int n = atoi(argv[0]), bad = 0;
	uint64_t start;

	if (strcmp(argv[3], "-") && bk_file_read(NULL, argv[3], FILE_MAX, &sig))
		return 2;
	t.sig = buf_view(&sig);
	start = now_ns();
	for (int i = 0; i < n; i++)
		bad |= try_tiny(&t);
	printf("%llu\n", (unsigned long long)(now_ns() - start) / n);
	buf_done(&sig);
	return bad != 0;
}

/* A file that nobody has. */
static void fill(struct gate_rule *rule, uint64_t number)
{
	struct gate_file_id id = { .algorithm = 1, .size = 32 };

	memcpy(id.digest, &number, sizeof(number));
	*rule = (struct gate_rule){
		.kind = GATE_RULE_LOADER, .class = GATE_CLASS_FILE, .key_len = sizeof(id),
		.tag = gate_tag_of_file(&id), .types = 1, .subject = number + 1,
	};
	memcpy(rule->key, &id, sizeof(id));
}

static int do_rules(char **argv)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	_cleanup_(bk_freep) struct gate_rule *have = NULL, *rules = NULL;
	size_t want = strtoul(argv[0], NULL, 10), n = 0, kept = 0;
	int r = bpfkey_ctx_new(&ctx);

	if (!r)
		r = gate_open(ctx, &g);
	if (!r)
		r = gate_active_rules(ctx, g, &have, &n);
	rules = calloc(want + n, sizeof(*rules));
	if (r < 0 || !rules) {
		fprintf(stderr, "%s\n", bpfkey_ctx_message(ctx));
		return 1;
	}
	/* What an earlier call has put there goes: its names are empty. */
	for (size_t i = 0; i < n; i++)
		if (have[i].kind != GATE_RULE_LOADER || have[i].name[0])
			rules[kept++] = have[i];
	for (size_t i = kept; i < want; i++)
		fill(&rules[i], i);
	r = gate_write_rules(g, rules, want > kept ? want : kept);
	if (r < 0)
		fprintf(stderr, "%s\n", bpfkey_ctx_message(ctx));
	return r != 0;
}

/* Descriptors of its programs may be had only while the gate lets go of itself. */
static int do_hold(char **argv)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct gate_call call = { .op = GATE_OP_REMOVE, .index = 1 };
	char list[GATE_OWN * 12] = "";
	struct gate_state st;

	if (bpfkey_ctx_new(&ctx) || gate_open(ctx, &g) || gate_read_state(g, &st) ||
	    gate_do(g, &call)) {
		fprintf(stderr, "%s\n", bpfkey_ctx_message(ctx));
		return 1;
	}
	for (size_t i = 0; i < GATE_OWN; i++) {
		struct { uint32_t id, next_id, flags; } a = { .id = st.own[i].id };
		int fd = a.id ? sys_bpf(BPF_PROG_GET_FD_BY_ID, &a, sizeof(a)) : -1;

		if (fd >= 0) {
			fd = dup(fd); /* to be inherited */
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%d ", fd);
		}
	}
	call.index = 0;
	if (gate_do(g, &call) || setenv(HELD, list, 1))
		return 1;
	execvp(argv[0], argv);
	return 127;
}

static int do_ran(bool each)
{
	char *at = getenv(HELD), *end;
	unsigned long long ns = 0;

	for (long fd; at && (fd = strtol(at, &end, 10), end != at); at = end) {
		struct bpf_prog_info info = { 0 };
		struct attr_get_info a = { .bpf_fd = fd, .info_len = sizeof(info),
					   .info = bpf_ptr(&info) };

		if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)))
			return 1;
		ns += info.run_time_ns;
		if (each)
			printf("%s %llu %llu\n", info.name, (unsigned long long)info.run_cnt,
			       (unsigned long long)info.run_time_ns);
	}
	if (!each)
		printf("%llu\n", ns);
	return ns == 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "exec") && argc == 4)
		return do_exec(argv + 2);
	if (!strcmp(what, "load") && argc == 6)
		return do_load(argv + 2);
	if (!strcmp(what, "rules") && argc == 3)
		return do_rules(argv + 2);
	if (!strcmp(what, "hold") && argc > 2)
		return do_hold(argv + 2);
	if (!strcmp(what, "ran"))
		return do_ran(argc == 3 && !strcmp(argv[2], "each"));
	return 2;
}

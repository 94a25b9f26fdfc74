/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate's decision, the same function that the BPF programs compile. */
#include "lib/bpf/decide.h"

#include "lib/base/util.h"
#include "tests/tap.h"

#define SYSCALL GATE_TYPE_SYSCALL
#define XDP 6
#define TRACING 26
#define EXT 28
#define LSM 29
#define RING 1234
#define NOW 1000

#define BUILD { .kind = GATE_RULE_BUILD, .ring = RING, .ring_type = GATE_RING_USER, \
		.types = GATE_BUILD_TYPES }
#define REVOKED { .kind = GATE_RULE_REVOKED, .ring = RING, .ring_type = GATE_RING_USER, \
		  .types = ~0ULL }
#define INNER { .kind = GATE_RULE_BUILD, .ring = RING, .types = ~GATE_MASKED_TYPES }
#define SUBJECT 77
#define DELEGATE { .kind = GATE_RULE_DELEGATE, .ring = RING, .ring_type = GATE_RING_USER, \
		   .types = GATE_BUILD_TYPES, .subject = SUBJECT }
#define INNER_DELEGATE { .kind = GATE_RULE_DELEGATE, .ring = RING, .types = 1ULL << XDP, \
			 .subject = SUBJECT }
#define LOADER { .kind = GATE_RULE_LOADER, .types = 1ULL << XDP, .subject = SUBJECT }
#define UNSIGNED .now = NOW, .type = XDP
#define BY_LOADER .now = NOW, .inner = 1, .loader_id = 7, .loader_live = 1, .nkeys = 1

/* A load as the good one is; each row changes what it is about. */
#define GOOD .now = NOW, .type = SYSCALL, .is_signed = 1, .resolved = 1, .keyring_id = RING, \
	     .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1

static const struct {
	const char *name;
	struct gate_request q;
	__u32 want;
} cases[] = {
	{ "nothing at all", { 0 }, GATE_R_UNSIGNED },
	{ "a signed loader", { GOOD, .key = { BUILD } }, GATE_R_BUILD_KEY },
	{ "unsigned", { .now = NOW, .type = XDP }, GATE_R_UNSIGNED },
	{ "unsigned, with the record of another load",
	  { .now = NOW, .type = SYSCALL, .nkeys = 1, .key = { BUILD } }, GATE_R_UNSIGNED },
	{ "verified, but no key was seen",
	  { .now = NOW, .type = SYSCALL, .is_signed = 1, .resolved = 1, .ring = RING,
	    .ring_type = GATE_RING_USER }, GATE_R_NO_RECORD },
	{ "no rule names the key", { GOOD }, GATE_R_UNKNOWN_KEY },
	{ "revoked", { GOOD, .key = { REVOKED } }, GATE_R_REVOKED_KEY },
	{ "a kind of rule that nobody knows", { GOOD, .key = { { .kind = 77, .ring = RING,
	    .ring_type = GATE_RING_USER, .types = ~0ULL } } }, GATE_R_UNKNOWN_KEY },
	{ "two keys, both allowed", { .now = NOW, .type = SYSCALL, .is_signed = 1, .resolved = 1,
	    .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 2, .key = { BUILD, BUILD } },
	  GATE_R_BUILD_KEY },
	{ "two keys, the second unknown", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 2,
	    .key = { BUILD } }, GATE_R_UNKNOWN_KEY },
	{ "four keys, the last revoked", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 4,
	    .key = { BUILD, BUILD, BUILD, REVOKED } }, GATE_R_REVOKED_KEY },
	{ "five keys", { .now = NOW, .type = SYSCALL, .is_signed = 1, .resolved = 1, .ring = RING,
	    .ring_type = GATE_RING_USER, .nkeys = 5, .key = { BUILD, BUILD, BUILD, BUILD } },
	  GATE_R_TOO_MANY_KEYS },
	{ "a count of keys that wrapped", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = ~0u,
	    .key = { BUILD, BUILD, BUILD, BUILD } }, GATE_R_TOO_MANY_KEYS },
	{ "another keyring", { .now = NOW, .type = SYSCALL, .is_signed = 1, .resolved = 1,
	    .ring = RING + 1, .ring_type = GATE_RING_USER, .nkeys = 1, .key = { BUILD } },
	  GATE_R_OTHER_RING },
	{ "the kernel's builtin keyring", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = 1, .nkeys = 1, .key = { BUILD } },
	  GATE_R_OTHER_RING },
	{ "a rule for a keyring of any kind", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = 5, .nkeys = 1,
	    .key = { { .kind = GATE_RULE_BUILD, .ring = RING, .types = GATE_BUILD_TYPES } } },
	  GATE_R_BUILD_KEY },
	{ "negative keyring, not resolved", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .keyring_id = -3, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { BUILD } }, GATE_R_NEGATIVE_RING },
	{ "negative keyring, resolved to ours", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .keyring_id = -9, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { BUILD } }, GATE_R_BUILD_KEY },
	{ "the kernel's own .bpf, which has no serial", { .now = NOW, .type = SYSCALL,
	    .is_signed = 1, .resolved = 1, .keyring_id = GATE_RING_NATIVE,
	    .ring = GATE_RING_NATIVE, .ring_type = 7, .nkeys = 1,
	    .key = { { .kind = GATE_RULE_BUILD, .ring = GATE_RING_NATIVE,
	    .types = GATE_BUILD_TYPES } } }, GATE_R_BUILD_KEY },
	{ "no keyring at all, for a rule about the kernel's own", { .now = NOW, .type = SYSCALL,
	    .is_signed = 1, .resolved = 1, .ring_type = 1, .nkeys = 1,
	    .key = { { .kind = GATE_RULE_BUILD, .ring = GATE_RING_NATIVE,
	    .types = GATE_BUILD_TYPES } } }, GATE_R_OTHER_RING },
	{ "a type that the rule does not name", { .now = NOW, .type = XDP, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { BUILD } }, GATE_R_TYPE },
	{ "the moment before the rule ends", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { { .kind = GATE_RULE_BUILD, .ring = RING, .ring_type = GATE_RING_USER,
		       .types = GATE_BUILD_TYPES, .until = NOW + 1 } } }, GATE_R_BUILD_KEY },
	{ "the moment at which it ends", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { { .kind = GATE_RULE_BUILD, .ring = RING, .ring_type = GATE_RING_USER,
		       .types = GATE_BUILD_TYPES, .until = NOW } } }, GATE_R_OVER },
	{ "the rules changed", { .now = NOW, .type = SYSCALL, .is_signed = 1, .resolved = 1,
	    .changed = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { BUILD } }, GATE_R_RULES_CHANGED },
	{ "freplace", { .now = NOW, .type = EXT, .is_signed = 1, .resolved = 1, .ring = RING,
	    .ring_type = GATE_RING_USER, .nkeys = 1, .key = { { .kind = GATE_RULE_BUILD,
	    .ring = RING, .ring_type = GATE_RING_USER, .types = ~0ULL } } }, GATE_R_MASKED_TYPE },
	{ "modify_return", { .now = NOW, .type = TRACING, .attach_type = 26, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 1,
	    .key = { { .kind = GATE_RULE_BUILD, .ring = RING, .ring_type = GATE_RING_USER,
	    .types = ~0ULL } } }, GATE_R_MASKED_TYPE },
	{ "lsm_cgroup", { .now = NOW, .type = LSM, .attach_type = 43, .inner = 1, .loader_id = 7,
	    .loader_live = 1, .nkeys = 1, .key = { INNER } }, GATE_R_MASKED_TYPE },
	{ "a type of the future", { .now = NOW, .type = 64, .inner = 1, .loader_id = 7,
	    .loader_live = 1, .nkeys = 1, .key = { { .kind = GATE_RULE_BUILD, .types = ~0ULL } } },
	  GATE_R_MASKED_TYPE },
	{ "an attach type of the future", { .now = NOW, .type = XDP, .attach_type = 200,
	    .inner = 1, .loader_id = 7, .loader_live = 1, .nkeys = 1, .key = { INNER } },
	  GATE_R_MASKED_TYPE },
	{ "by a signed loader", { .now = NOW, .type = XDP, .inner = 1, .loader_id = 7,
	    .loader_live = 1, .nkeys = 1, .key = { INNER } }, GATE_R_INNER },
	{ "inner, no loader seen", { .now = NOW, .type = XDP, .inner = 1, .loader_live = 1,
	    .nkeys = 1, .key = { INNER } }, GATE_R_NO_LOADER },
	{ "inner, a loader from before the gate", { .now = NOW, .type = XDP, .inner = 1,
	    .loader_id = 7, .nkeys = 1, .key = { INNER } }, GATE_R_UNKNOWN_LOADER },
	{ "inner, the loader's key is no longer named", { .now = NOW, .type = XDP, .inner = 1,
	    .loader_id = 7, .loader_live = 1, .nkeys = 1 }, GATE_R_UNKNOWN_KEY },
	{ "inner, the loader's key is revoked", { .now = NOW, .type = XDP, .inner = 1,
	    .loader_id = 7, .loader_live = 1, .nkeys = 1, .key = { REVOKED } },
	  GATE_R_REVOKED_KEY },
	{ "inner, the loader's key is over", { .now = NOW, .type = XDP, .inner = 1,
	    .loader_id = 7, .loader_live = 1, .nkeys = 1, .key = { { .kind = GATE_RULE_BUILD,
	    .types = ~0ULL, .until = 1 } } }, GATE_R_OVER },
	{ "inner, a type that it does not cover", { .now = NOW, .type = XDP, .inner = 1,
	    .loader_id = 7, .loader_live = 1, .nkeys = 1, .key = { { .kind = GATE_RULE_BUILD,
	    .types = 1ULL << TRACING } } }, GATE_R_LOADER_TYPE },
	{ "inner, and no key of the loader's is known", { .now = NOW, .type = XDP, .inner = 1,
	    .loader_id = 7, .loader_live = 1 }, GATE_R_NO_RECORD },
	{ "inner, and of the loader's two keys one is revoked", { .now = NOW, .type = XDP,
	    .inner = 1, .loader_id = 7, .loader_live = 1, .nkeys = 2, .key = { INNER, REVOKED } },
	  GATE_R_REVOKED_KEY },
	{ "inner, and it says that it is signed", { .now = NOW, .type = XDP, .inner = 1,
	    .is_signed = 1, .nkeys = 1, .ring = RING, .ring_type = GATE_RING_USER,
	    .key = { BUILD } }, GATE_R_NO_LOADER },

	{ "by a trusted loader", { UNSIGNED, .task = LOADER }, GATE_R_TRUSTED },
	{ "whose files are signed by a loader key",
	  { UNSIGNED, .task = { .kind = GATE_RULE_LOADER_KEY, .types = 1 << XDP } },
	  GATE_R_TRUSTED },
	{ "by a task that may only map", { UNSIGNED, .task = { .kind = GATE_RULE_LIBRARY,
	    .types = ~0ULL } }, GATE_R_UNSIGNED },
	{ "by a trusted loader of another type", { UNSIGNED, .task = { .kind = GATE_RULE_LOADER,
	    .types = 1 << TRACING } }, GATE_R_TASK_TYPE },
	{ "by one that names no type", { UNSIGNED, .task = { .kind = GATE_RULE_LOADER } },
	  GATE_R_TASK_TYPE },
	{ "by one whose rule is over", { UNSIGNED, .task = { .kind = GATE_RULE_LOADER,
	    .types = 1 << XDP, .until = NOW } }, GATE_R_TASK_OVER },
	{ "by one whose file is revoked", { UNSIGNED, .task = { .kind = GATE_RULE_REVOKED } },
	  GATE_R_TASK_REVOKED },
	{ "by one for its attach type", { UNSIGNED, .attach_type = 37, .task = {
	    .kind = GATE_RULE_LOADER, .types = 1 << XDP, .attach = 1ULL << 37 } },
	  GATE_R_TRUSTED },
	{ "by one for another attach type", { UNSIGNED, .attach_type = 38, .task = {
	    .kind = GATE_RULE_LOADER, .types = 1 << XDP, .attach = 1ULL << 37 } },
	  GATE_R_TASK_TYPE },
	{ "a loader's own loader, unsigned", { .now = NOW, .type = SYSCALL, .task = {
	    .kind = GATE_RULE_LOADER, .types = ~0ULL } }, GATE_R_TASK_TYPE },
	{ "freplace by a trusted loader", { .now = NOW, .type = EXT, .task = {
	    .kind = GATE_RULE_LOADER, .types = ~0ULL } }, GATE_R_MASKED_TYPE },
	{ "a stranger's signature does not become good in it", { GOOD, .task = LOADER },
	  GATE_R_UNKNOWN_KEY },
	{ "nor a revoked one", { GOOD, .key = { REVOKED }, .task = LOADER }, GATE_R_REVOKED_KEY },

	{ "a delegated key in its loader", { GOOD, .key = { DELEGATE }, .task = LOADER },
	  GATE_R_DELEGATE },
	{ "a delegated key elsewhere", { GOOD, .key = { DELEGATE } }, GATE_R_NOT_ITS_LOADER },
	{ "a delegated key in another loader", { GOOD, .key = { DELEGATE }, .task = {
	    .kind = GATE_RULE_LOADER, .types = ~0ULL, .subject = SUBJECT + 1 } },
	  GATE_R_NOT_ITS_LOADER },
	{ "a delegated key in a loader whose time is over", { GOOD, .key = { DELEGATE }, .task = {
	    .kind = GATE_RULE_LOADER, .until = 1, .subject = SUBJECT } }, GATE_R_NOT_ITS_LOADER },
	{ "a delegated key whose loader is revoked", { GOOD, .key = { DELEGATE }, .task = {
	    .kind = GATE_RULE_REVOKED, .subject = SUBJECT } }, GATE_R_NOT_ITS_LOADER },
	{ "a delegation to nobody", { GOOD, .key = { { .kind = GATE_RULE_DELEGATE, .ring = RING,
	    .ring_type = GATE_RING_USER, .types = GATE_BUILD_TYPES } }, .task = {
	    .kind = GATE_RULE_LOADER, .types = ~0ULL } }, GATE_R_NOT_ITS_LOADER },
	{ "a delegated key over time", { GOOD, .key = { { .kind = GATE_RULE_DELEGATE, .ring = RING,
	    .ring_type = GATE_RING_USER, .types = GATE_BUILD_TYPES, .subject = SUBJECT,
	    .until = NOW } }, .task = LOADER }, GATE_R_OVER },
	{ "a delegated key in the keyring of build keys", { GOOD, .key = { { .ring = RING + 1,
	    .kind = GATE_RULE_DELEGATE, .types = GATE_BUILD_TYPES, .subject = SUBJECT } },
	    .task = LOADER }, GATE_R_OTHER_RING },
	{ "a delegated key and a build key", { .now = NOW, .type = SYSCALL, .is_signed = 1,
	    .resolved = 1, .ring = RING, .ring_type = GATE_RING_USER, .nkeys = 2,
	    .key = { BUILD, DELEGATE } }, GATE_R_NOT_ITS_LOADER },
	{ "what its loader loads", { BY_LOADER, .type = XDP, .key = { INNER_DELEGATE },
	    .task = LOADER }, GATE_R_INNER },
	{ "what its loader loads, in another task", { BY_LOADER, .type = XDP,
	    .key = { INNER_DELEGATE } }, GATE_R_NOT_ITS_LOADER },
	{ "what its loader loads, of another type", { BY_LOADER, .type = TRACING,
	    .key = { INNER_DELEGATE }, .task = LOADER }, GATE_R_LOADER_TYPE },
};

static void modes(void)
{
	struct gate_state s = { .mode = GATE_OFF };

	ok(!gate_enforcing(&s, 0), "off enforces nothing");
	s.mode = GATE_AUDIT;
	ok(!gate_enforcing(&s, 0), "audit enforces nothing");
	s.mode = GATE_ENFORCE;
	ok(gate_enforcing(&s, ~0ULL), "enforce has no end");
	s.mode = GATE_TRY;
	s.deadline = NOW;
	ok(gate_enforcing(&s, NOW - 1), "a trial enforces until its deadline");
	ok(!gate_enforcing(&s, NOW), "and no longer");
}

static void reasons(void)
{
	ok(!gate_allows(GATE_R_NONE) && !gate_allows(GATE_R__ALLOWED_END),
	   "no reason allows nothing");
	for (__u32 r = GATE_R_UNSIGNED; r < GATE_R__END; r++)
		if (gate_allows(r))
			ok(false, "reason %u denies", r);
	ok(gate_allows(GATE_R_BUILD_KEY) && gate_allows(GATE_R_INNER) &&
	   gate_allows(GATE_R_DELEGATE) && gate_allows(GATE_R_TRUSTED), "four reasons allow");
}

static void tails(void)
{
	ok(gate_tail_mask(16, 0) == ~0ULL && gate_tail_mask(16, 1) == ~0ULL,
	   "whole words count whole");
	ok(gate_tail_mask(65, 8) == 0xff, "of the last word only what belongs to the key");
	ok(gate_tail_mask(15, 1) == 0xffffffffffffffULL, "seven bytes");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		is_int(gate_decide(&cases[i].q), cases[i].want, cases[i].name);
	modes();
	reasons();
	tails();
	return done_testing();
}

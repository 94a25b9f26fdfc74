/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's codes in words. */
#include "gate_flow.h"

#include <string.h>
#include <time.h>

#include <bpfkey/err.h>

#include "../base/text.h"
#include "../bpf/decide.h"
#include "object.h"

#define NS 1000000000LL

struct gate_clock gate_clock_now(void)
{
	struct timespec boot, real;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	return (struct gate_clock){ boot.tv_sec * NS + boot.tv_nsec,
				    real.tv_sec * NS + real.tv_nsec };
}

int64_t gate_calendar(const struct gate_clock *c, uint64_t boot_ns)
{
	return (c->real_ns - c->boot_ns + (int64_t)boot_ns) / NS;
}

static const struct {
	uint32_t reason;
	const char *word, *sentence;
} reasons[] = {
	{ GATE_R_BUILD_KEY, "build-key", "signed by a build key" },
	{ GATE_R_INNER, "loader", "loaded by a signed loader" },
	{ GATE_R_DELEGATE, "delegated-key", "signed by the key delegated to this trusted loader" },
	{ GATE_R_TRUSTED, "trusted-loader", "loaded by a trusted loader" },
	{ GATE_R_UNSIGNED, "unsigned", "it is not signed" },
	{ GATE_R_NO_RECORD, "no-record",
	  "its signature was verified, but the gate saw no key doing it" },
	{ GATE_R_TOO_MANY_KEYS, "too-many-keys", "its verification touched more than four keys" },
	{ GATE_R_UNKNOWN_KEY, "unknown-key", "no rule names the key that signed it" },
	{ GATE_R_REVOKED_KEY, "revoked-key", "the key that signed it is revoked" },
	{ GATE_R_OVER, "expired", "the time of the key that signed it is over" },
	{ GATE_R_NEGATIVE_RING, "negative-keyring",
	  "it names a keyring of its own process, and this kernel does not tell which" },
	{ GATE_R_OTHER_RING, "other-keyring", "it was verified against another keyring" },
	{ GATE_R_TYPE, "type", "its key may not sign programs of this type directly" },
	{ GATE_R_MASKED_TYPE, "masked-type", "programs of this type could undo the gate" },
	{ GATE_R_NO_LOADER, "no-loader", "it was loaded inside the kernel, and the gate saw no "
					 "loader start" },
	{ GATE_R_UNKNOWN_LOADER, "unknown-loader",
	  "it was loaded by a loader that the gate did not admit" },
	{ GATE_R_LOADER_TYPE, "loader-type",
	  "the key of its loader does not cover programs of this type" },
	{ GATE_R_RULES_CHANGED, "rules-changed", "the rules changed during the load" },
	{ GATE_R_MAPS, "maps", "it is a loader that uses other maps than its own sealed one" },
	{ GATE_R_METADATA, "metadata",
	  "its metadata is not protected on this kernel: resign it, or sign its object with "
	  "'keyctl-bpf sign'" },
	{ GATE_R_NO_MEMORY, "no-memory", "there was no memory to record the load" },
	{ GATE_R_NOT_ITS_LOADER, "not-its-loader",
	  "it is signed by a delegated key, and this task is not the trusted loader of that "
	  "delegation" },
	{ GATE_R_TASK_TYPE, "trusted-type",
	  "it is not signed, and the trusted loader may not load programs of this type" },
	{ GATE_R_TASK_OVER, "trusted-expired",
	  "it is not signed, and the time of the trusted loader's rule is over" },
	{ GATE_R_TASK_REVOKED, "revoked-file",
	  "it is not signed, and the file of the task that loads it is revoked" },
	{ GATE_R_DETACH, "detach", "it would have detached the gate, or attached over it" },
	{ GATE_R_FTRACE, "ftrace", "it would have switched the kernel's hooks off" },
	{ GATE_R_OWN_MAP, "own-map", "it asked for a map of the gate" },
	{ GATE_R_OWN_PROGRAM, "own-program", "it asked for a program of the gate" },
	{ GATE_R_MAPPING, "mapping",
	  "a trusted loader mapped a file executable that nothing vouches for" },
	{ GATE_R_TRACED, "traced", "it reached into the memory of a trusted loader" },
	{ GATE_R_PERF, "perf",
	  "perf events could write into trusted loaders, and it is none of them" },
	{ GATE_R_UPROBES, "uprobes",
	  "uprobes could write into trusted loaders, and it is none of them" },
};

const char *gate_reason_word(uint32_t reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].word;
	return "unknown";
}

const char *gate_reason_sentence(uint32_t reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].sentence;
	return "for a reason that this version does not know";
}

static const char *const modes[] = { "off", "audit", "enforce", "try" };

const char *bpfkey_gate_mode_name(enum bpfkey_gate_mode mode)
{
	return mode < ARRAY_SIZE(modes) ? modes[mode] : "unknown";
}

int bpfkey_gate_mode_parse(const char *name, enum bpfkey_gate_mode *ret)
{
	for (size_t i = 0; i < BPFKEY_GATE_TRY; i++)
		if (!strcmp(name, modes[i])) {
			*ret = i;
			return 0;
		}
	return -BPFKEY_E_USAGE;
}

int bpfkey_duration_parse(const char *text, uint64_t *ret)
{
	return text_duration(text, ret) < 0 ? -BPFKEY_E_USAGE : 0;
}

const char *bpfkey_prog_type_name(unsigned int type)
{
	const char *name = object_prog_type(type);

	return *name ? name : "unknown";
}

int bpfkey_prog_type_parse(const char *name, unsigned int *ret)
{
	for (unsigned int i = 1; *object_prog_type(i); i++)
		if (!strcmp(name, object_prog_type(i))) {
			*ret = i;
			return 0;
		}
	return -BPFKEY_E_USAGE;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Who loads. An exec of a file under fs-verity that a rule names, or that a
 * loader key has signed, makes its task a trusted loader: judged when the
 * kernel looks at the file, in force when the exec can no longer fail, and over
 * with the next exec. These hooks grant: without them nobody is trusted.
 */
#include "gate_bpf.h"

#define S_VERITY	(1u << 16)	/* include/linux/fs.h */
#define UNSAFE_SHARE	1		/* include/linux/security.h, LSM_UNSAFE_* */
#define UNSAFE_PTRACE	2
#define VERITY_MAGIC	0x7974697265565346ULL	/* "FSVerity" */

struct linux_binprm___loader {
	struct file *loader;		/* binfmt_misc, since 7.3: another dynamic linker */
} __attribute__((preserve_access_index));

extern int bpf_get_fsverity_digest(struct file *file, struct bpf_dynptr *digest) __ksym;
extern int bpf_get_file_xattr(struct file *file, const char *name__str,
			      struct bpf_dynptr *value) __ksym;
extern struct bpf_key *bpf_lookup_user_key(s32 serial, u64 flags) __ksym;
extern void bpf_key_put(struct bpf_key *key) __ksym;
extern int bpf_verify_pkcs7_signature(struct bpf_dynptr *data, struct bpf_dynptr *sig,
				      struct bpf_key *ring) __ksym;

/*
 * Another task may be in control of what runs, or something else than the file
 * may run: a tracer, a shared root and working directory, a filter that answers
 * system calls itself, an interpreter, a linker of the caller's choice. The
 * first process shares its root with the kernel's threads from its birth
 * (init/main.c, rest_init()), and who could be its child with CLONE_FS could as
 * well mount over what it opens: that alone is no objection to it.
 */
static __always_inline bool is_unsafe(struct linux_binprm *bprm)
{
	struct linux_binprm___loader *misc = (void *)bprm;
	struct task_struct *current = bpf_get_current_task_btf();

	if (bprm->unsafe & UNSAFE_PTRACE || (bprm->unsafe & UNSAFE_SHARE && current->pid != 1))
		return true;
	if (current->seccomp.mode)
		return true;
	if (bprm->interp != bprm->filename || bprm->executable)
		return true;
	return bpf_core_field_exists(misc->loader) && misc->loader;
}

/* The keys that verify are seen by signer.bpf.c, as those of a load are. */
static __always_inline int verify(struct gate_exec *x, u32 sig_len, s32 ring)
{
	struct bpf_dynptr data, sig;
	struct bpf_key *key;
	int r;

	/* Constant sizes: the digest is followed by zeros that were not signed. */
	if (x->id.size == 32)
		r = bpf_dynptr_from_mem(x, 8 + 4 + 32, 0, &data);
	else
		r = bpf_dynptr_from_mem(x, 8 + 4 + 64, 0, &data);
	if (!r)
		r = bpf_dynptr_from_mem(x->sig, sig_len, 0, &sig);
	if (r)
		return r;
	key = bpf_lookup_user_key(ring, 0);
	if (!key)
		return -ENOENT;
	r = bpf_verify_pkcs7_signature(&data, &sig, key);
	bpf_key_put(key);
	return r;
}

/*
 * One signer: of several, one that was only touched could lend its rule to
 * another that verified.
 */
static __always_inline struct gate_rule *judge_signer(const struct gate_load *load, u64 epoch)
{
	struct gate_rule *rule;

	if (load->nkeys != 1 || load->seen[0].epoch != epoch || !load->seen[0].slot)
		return NULL;
	rule = rule_at(load->seen[0].slot - 1, epoch);
	return rule && rule->kind == GATE_RULE_LOADER_KEY ? rule : NULL;
}

static __always_inline struct gate_rule *signer_of(struct linux_binprm *bprm, struct gate_exec *x,
						   const struct gate_state *st, u64 epoch)
{
	struct gate_load *load;
	struct bpf_dynptr sig;
	u64 n;
	int r;

	if (!st->loader_ring || bpf_dynptr_from_mem(x->sig, sizeof(x->sig), 0, &sig))
		return NULL;
	r = bpf_get_file_xattr(bprm->file, "security.bpf.keyctl", &sig);
	if (r <= 0)
		return NULL;
	n = r;
	n &= 2 * GATE_SIG_MAX - 1;	/* for the verifier, which sees no sign in what follows */
	if (n > GATE_SIG_MAX)
		return NULL;
	load = this_load(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!load)
		return NULL;
	load->nkeys = 0;
	load->in_load = 1;
	r = verify(x, n, st->loader_ring);
	load->in_load = 0;
	return r ? NULL : judge_signer(load, epoch);
}

/* The rule that makes this file a trusted loader; a revoked file is none, whoever signed it. */
static __always_inline struct gate_rule *judge(struct linux_binprm *bprm, struct gate_exec *x,
					       u64 tag, const struct gate_state *st, u64 epoch)
{
	const u64 *word = (const u64 *)&x->id;
	struct gate_rule *rule;
	u32 slot;

	rule = rule_of(tag, epoch, &slot);
	if (!rule)
		return signer_of(bprm, x, st, epoch);
	for (u32 i = 0; i < GATE_FILE_WORDS; i++)
		if (rule->key[i] != word[i])
			return NULL;
	if (rule->kind == GATE_RULE_LIBRARY)
		return signer_of(bprm, x, st, epoch);
	return rule->kind == GATE_RULE_LOADER ? rule : NULL;
}

static __always_inline bool measure(struct linux_binprm *bprm, struct gate_exec *x)
{
	struct bpf_dynptr digest;

	if (bpf_dynptr_from_mem(&x->id, sizeof(x->id), 0, &digest))
		return false;
	if (bpf_get_fsverity_digest(bprm->file, &digest) < 0)
		return false;
	*(u64 *)x->magic = VERITY_MAGIC;
	return x->id.size == 32 || x->id.size == 64;
}

static __always_inline void hold(struct gate_task *t, const struct gate_rule *rule, u64 file_tag,
				 const struct gate_exec *x, struct linux_binprm *bprm)
{
	const u64 *name = (const u64 *)rule->fingerprint;

	/* If the rules change meanwhile, these do not fit together, and then nothing is trusted. */
	t->rule_tag = rule->tag;
	t->file_tag = file_tag;
	for (u32 i = 0; i < 4; i++)
		t->fingerprint[i] = name[i];
	__builtin_memcpy(t->file, x->id.digest, sizeof(t->file));
	t->pending_file = (u64)bprm->file;
	t->pending_bprm = (u64)bprm;
}

/*
 * Called for a script and then for its interpreter; the last one counts, and
 * then nothing else than a file of its own name may be running.
 */
SEC("lsm.s/bprm_check_security")
int BPF_PROG(gate_exec_check, struct linux_binprm *bprm)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct gate_task *t = bpf_task_storage_get(&gate_tasks, current, 0, 0);
	struct gate_state *st = the_state();
	struct gate_rule *rule;
	struct gate_exec *x;
	u64 epoch, tag;

	if (t)
		t->pending_file = 0;
	if (!st || st->mode == GATE_OFF || !st->loaders)
		return 0;
	if (!(bprm->file->f_inode->i_flags & S_VERITY) || is_unsafe(bprm))
		return 0;
	x = bpf_task_storage_get(&gate_execs, current, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!x || !measure(bprm, x))
		return 0;
	epoch = *(volatile u64 *)&st->epoch;
	tag = gate_tag_of_file(&x->id);
	rule = judge(bprm, x, tag, st, epoch);
	t = rule ? bpf_task_storage_get(&gate_tasks, current, 0,
					BPF_LOCAL_STORAGE_GET_F_CREATE) : NULL;
	if (t && !bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC))
		hold(t, rule, tag, x, bprm);
	bpf_task_storage_delete(&gate_execs, current);
	return 0;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(gate_exec_done, struct linux_binprm *bprm)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct gate_task *t = bpf_task_storage_get(&gate_tasks, current, 0, 0);
	struct gate_state *st = the_state();

	if (!t)
		return 0;
	t->exec_id = 0;
	if (st && t->pending_file && t->pending_file == (u64)bprm->file &&
	    t->pending_bprm == (u64)bprm) {
		t->exec_id = current->self_exec_id;
		t->strict = enforcing_now(st, bpf_ktime_get_boot_ns());
	}
	t->pending_file = 0;
	return 0;
}

/* A child and a thread run the same memory; without room for its tag it is untrusted. */
SEC("lsm/task_alloc")
int BPF_PROG(gate_fork, struct task_struct *task, u64 clone_flags)
{
	struct gate_task *t = this_task(), *child;

	if (!t)
		return 0;
	child = bpf_task_storage_get(&gate_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!child)
		return 0;
	__builtin_memcpy(child, t, sizeof(*t));
	child->pending_file = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";

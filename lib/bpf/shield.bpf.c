// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps a trusted loader its own: it maps executable only files that are
 * vouched for, nobody else reaches into it, and nothing plants probes in it.
 * All are deny hooks, on the root cgroup like those in guard.bpf.c.
 *
 * A task is under guard from the exec that made it trusted while the gate
 * enforced, whatever the mode is later: what it maps meanwhile would stay.
 */
#include "refusal.h"

#define ALLOW	1
#define REFUSE	0

#define PROT_EXEC	4
#define VM_EXEC		4
#define S_VERITY	(1u << 16)	/* include/linux/fs.h */
#define TRACE_ATTACH	2		/* include/linux/ptrace.h, PTRACE_MODE_ATTACH */
#define O_ACCMODE	3
#define TRACEFS_MAGIC	0x74726163	/* include/uapi/linux/magic.h */

extern int bpf_get_fsverity_digest(struct file *file, struct bpf_dynptr *digest) __ksym;

/* The file that the exec was judged by: a loader key has signed it, and no rule names it. */
static __always_inline bool is_own_file(const struct gate_task *t, u64 tag)
{
	const u32 *own = (const u32 *)t->file, *now = (const u32 *)t->id.digest;

	if (tag != t->file_tag)
		return false;
	for (u32 i = 0; i < sizeof(t->file) / (sizeof(*own)); i++)
		if (own[i] != now[i])
			return false;
	return true;
}

static __always_inline bool vouched(struct file *file, struct gate_task *t,
				    const struct gate_state *st)
{
	const u64 *word = (const u64 *)&t->id;
	struct bpf_dynptr digest;
	struct gate_rule *rule;
	u32 slot;
	u64 tag;

	if (!(file->f_inode->i_flags & S_VERITY))
		return false;
	if (bpf_dynptr_from_mem(&t->id, sizeof(t->id), 0, &digest) ||
	    bpf_get_fsverity_digest(file, &digest) < 0)
		return false;
	tag = gate_tag_of_file(&t->id);
	rule = rule_of(tag, st->epoch, &slot);
	if (!rule)
		return is_own_file(t, tag);
	if (rule->kind != GATE_RULE_LOADER && rule->kind != GATE_RULE_LIBRARY)
		return false;
	for (u32 i = 0; i < GATE_FILE_WORDS; i++)
		if (rule->key[i] != word[i])
			return false;
	return true;
}

SEC("lsm_cgroup/mmap_file")
int BPF_PROG(gate_mmap, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags)
{
	struct gate_state *st;
	struct gate_task *t;

	if (!file || !(prot & PROT_EXEC))
		return ALLOW;
	t = this_task();
	if (!t || !t->strict)
		return ALLOW;
	st = the_state();
	if (st && vouched(file, t, st))
		return ALLOW;
	record_refusal(GATE_R_MAPPING);
	return REFUSE;
}

/* Linkers map text executable at once; whoever does it afterwards has changed it. */
SEC("lsm_cgroup/file_mprotect")
int BPF_PROG(gate_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	struct gate_task *t;

	if (!(prot & PROT_EXEC) || (vma->vm_flags & VM_EXEC) || !vma->vm_file)
		return ALLOW;
	t = this_task();
	if (!t || !t->strict)
		return ALLOW;
	record_refusal(GATE_R_MAPPING);
	return REFUSE;
}

SEC("lsm_cgroup/ptrace_access_check")
int BPF_PROG(gate_ptrace, struct task_struct *child, unsigned int mode)
{
	struct gate_task *t;

	if (!(mode & TRACE_ATTACH))
		return ALLOW;
	t = bpf_task_storage_get(&gate_tasks, child, 0, 0);
	if (!t || !t->exec_id || t->exec_id != child->self_exec_id || !t->strict)
		return ALLOW;
	record_refusal(GATE_R_TRACED);
	return REFUSE;
}

/* Uprobes write into any process; while there are trusted loaders, only they make such events. */
static __always_inline bool probes_are_guarded(void)
{
	struct gate_state *st = the_state();

	if (!st)
		return true;
	return st->loaders && enforcing_now(st, bpf_ktime_get_boot_ns()) && !this_task();
}

SEC("lsm_cgroup/perf_event_open")
int BPF_PROG(gate_perf, int type)
{
	if (!probes_are_guarded())
		return ALLOW;
	record_refusal(GATE_R_PERF);
	return REFUSE;
}

SEC("lsm_cgroup/file_open")
int BPF_PROG(gate_open, struct file *file)
{
	const char uprobes[] = "uprobe_events", dynamic[] = "dynamic_events";
	const char *name;

	if (!(file->f_flags & O_ACCMODE) || file->f_inode->i_sb->s_magic != TRACEFS_MAGIC)
		return ALLOW;
	name = bpf_rdonly_cast(file->f_path.dentry->d_name.name, 0);
	if (!SAME_TEXT(name, uprobes) && !SAME_TEXT(name, dynamic))
		return ALLOW;
	if (!probes_are_guarded())
		return ALLOW;
	record_refusal(GATE_R_UPROBES);
	return REFUSE;
}

char _license[] SEC("license") = "GPL";

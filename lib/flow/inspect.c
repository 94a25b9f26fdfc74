/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a signed object says of itself, and its parts as files for other judges. */
#include <string.h>

#include "../base/file.h"
#include "../crypto/cms.h"
#include "opts.h"
#include "skeleton.h"

#define EXTRACT_MAX (64u << 20)

static const struct {
	enum object_part part;
	const char *covers, *kernels, *content, *der;
} signatures[BPFKEY_SIGNATURE__END] = {
	[BPFKEY_SIGNATURE_INSNS] = { PART_SIG_INSNS, "instructions", "6.18 to 7.2",
				     "loader.bin", "insns.der" },
	[BPFKEY_SIGNATURE_METADATA] = { PART_SIG_METADATA, "instructions and metadata",
					"7.3 and later", "loader-metadata.bin",
					"insns-metadata.der" },
	[BPFKEY_SIGNATURE_FILE] = { PART_SIG_FILE, "digests of the whole file", "none (keyctl-bpf)",
				    "sections.bin", "sections.der" },
};

const char *object_covers(enum bpfkey_signature_kind kind)
{
	return signatures[kind].covers;
}

struct view object_signature(const struct bpfkey_object *o, enum bpfkey_signature_kind kind)
{
	return o->part[signatures[kind].part];
}

int object_signed_bytes(struct bpfkey_object *o, enum bpfkey_signature_kind kind,
			struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(EXTRACT_MAX);

	if (kind == BPFKEY_SIGNATURE_FILE) {
		buf_put(&b, o->part[PART_DIGESTS].p, o->part[PART_DIGESTS].n);
	} else {
		buf_put(&b, o->part[PART_LOADER].p, o->part[PART_LOADER].n);
		if (kind == BPFKEY_SIGNATURE_METADATA)
			buf_put(&b, o->part[PART_METADATA].p, o->part[PART_METADATA].n);
	}
	if (!buf_ok(&b))
		return bk_out_of_memory(o->ctx);
	*ret = b;
	b = BUF(0);
	return 0;
}

const struct bpfkey_object_info *bpfkey_object_info(const struct bpfkey_object *o)
{
	return &o->info;
}

const struct bpfkey_object_program *bpfkey_object_program(const struct bpfkey_object *o, size_t i)
{
	return i < o->info.programs ? &o->programs[i] : NULL;
}

const struct bpfkey_object_map *bpfkey_object_map(const struct bpfkey_object *o, size_t i)
{
	return i < o->info.maps ? &o->maps[i] : NULL;
}

const struct bpfkey_object_setting *bpfkey_object_setting(const struct bpfkey_object *o, size_t i)
{
	return i < o->info.settings ? &o->settings[i] : NULL;
}

int bpfkey_object_signature(struct bpfkey_object *o, enum bpfkey_signature_kind kind,
			    struct bpfkey_signature_info *ret)
{
	struct bpfkey_signature_info s = { 0 };
	struct cms_info i;
	int r;

	bk_enter(o->ctx);
	if (!object_signature(o, kind).n)
		return bk_fail(o->ctx, -BPFKEY_E_UNSIGNED, "'%s' has no signature over the %s",
			       o->path, signatures[kind].covers);
	r = cms_describe(o->ctx, object_signature(o, kind), &i);
	if (r < 0)
		return bk_fail(o->ctx, r, "cannot read the signature over the %s of '%s'",
			       signatures[kind].covers, o->path);
	s.covers = signatures[kind].covers;
	s.kernels = o->skeleton ? o->skeleton->info.kernels : signatures[kind].kernels;
	s.len = object_signature(o, kind).n;
	memcpy(s.hash, i.hash, sizeof(s.hash));
	memcpy(s.algorithm, i.algorithm, sizeof(s.algorithm));
	memcpy(s.key_id, i.key_id, sizeof(s.key_id));
	s.key_id_len = i.key_id_len;
	return opts_give(o->ctx, ret, &s, sizeof(s));
}

static int write_part(struct bpfkey_object *o, const char *dir, const char *name,
		      struct view data, unsigned int flags)
{
	_cleanup_(bk_freep) char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return bk_out_of_memory(o->ctx);
	}
	return bk_file_replace(o->ctx, path, 0644, data,
			       flags & BPFKEY_SIGN_FORCE ? BK_FILE_FORCE : 0);
}

/* One name for each file that extract writes; all are checked before the first is written. */
static int check_free(struct bpfkey_object *o, const char *dir, const char *name,
		      unsigned int flags)
{
	_cleanup_(bk_freep) char *path = NULL;

	if (flags & BPFKEY_SIGN_FORCE)
		return 0;
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return bk_out_of_memory(o->ctx);
	}
	if (access(path, F_OK))
		return 0;
	bk_hint(o->ctx, "choose an empty directory, or replace its files with --force");
	return bk_fail(o->ctx, -BPFKEY_E_EXISTS, "'%s' exists already", path);
}

static int extract(struct bpfkey_object *o, const char *dir, unsigned int flags)
{
	int r = check_free(o, dir, "metadata.bin", flags);

	for (int k = 0; r >= 0 && k < BPFKEY_SIGNATURE__END; k++) {
		if (o->skeleton && k == BPFKEY_SIGNATURE_FILE)
			continue;
		r = check_free(o, dir, signatures[k].content, flags);
		if (r >= 0 && object_signature(o, k).n)	/* a light skeleton has one, or none */
			r = check_free(o, dir, signatures[k].der, flags);
	}
	r = r < 0 ? r : bk_dir_make(o->ctx, dir, 0755, NULL);
	r = r < 0 ? r : write_part(o, dir, "metadata.bin", o->part[PART_METADATA], flags);
	for (int k = 0; r >= 0 && k < BPFKEY_SIGNATURE__END; k++) {
		_cleanup_(buf_done) struct buf content = BUF(0);

		if (o->skeleton && k == BPFKEY_SIGNATURE_FILE)
			continue;
		r = object_signed_bytes(o, k, &content);
		r = r < 0 ? r : write_part(o, dir, signatures[k].content, buf_view(&content),
					   flags);
		if (r >= 0 && object_signature(o, k).n)
			r = write_part(o, dir, signatures[k].der, object_signature(o, k), flags);
	}
	return r;
}

int bpfkey_object_extract(struct bpfkey_object *o, const char *dir, unsigned int flags)
{
	int r;

	bk_enter(o->ctx);
	r = extract(o, dir, flags);
	return r < 0 ? object_error(o, r, "extract the parts of") : 0;
}

/* Names as libbpf and bpftool print them; by number, so that no kernel header is needed. */
static const char *const prog_types[] = {
	"unspec", "socket_filter", "kprobe", "sched_cls", "sched_act", "tracepoint", "xdp",
	"perf_event", "cgroup_skb", "cgroup_sock", "lwt_in", "lwt_out", "lwt_xmit", "sock_ops",
	"sk_skb", "cgroup_device", "sk_msg", "raw_tracepoint", "cgroup_sock_addr",
	"lwt_seg6local", "lirc_mode2", "sk_reuseport", "flow_dissector", "cgroup_sysctl",
	"raw_tracepoint_writable", "cgroup_sockopt", "tracing", "struct_ops", "ext", "lsm",
	"sk_lookup", "syscall", "netfilter",
};
static const char *const map_types[] = {
	"unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash",
	"percpu_array", "stack_trace", "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie",
	"array_of_maps", "hash_of_maps", "devmap", "sockmap", "cpumap", "xskmap", "sockhash",
	"cgroup_storage", "reuseport_sockarray", "percpu_cgroup_storage", "queue", "stack",
	"sk_storage", "devmap_hash", "struct_ops", "ringbuf", "inode_storage", "task_storage",
	"bloom_filter", "user_ringbuf", "cgrp_storage", "arena",
};

const char *object_prog_type(uint32_t type)
{
	return type < ARRAY_SIZE(prog_types) ? prog_types[type] : "";
}

const char *object_map_type(uint32_t type)
{
	return type < ARRAY_SIZE(map_types) ? map_types[type] : "";
}

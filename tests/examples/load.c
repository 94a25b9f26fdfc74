/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load OBJECT CERT MAP: what a loader does. The object is checked against the
 * certificate that the loader trusts, loaded, attached for as long as the
 * loader lives, and the first number in its map is printed.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpfkey.h>

static int read_counter(int map, uint32_t *ret)
{
	uint32_t key = 0, value[16] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)))
		return -BPFKEY_E_KERNEL;
	*ret = value[0];
	return 0;
}

static int show(const struct bpfkey_loaded *l, const char *map)
{
	const struct bpfkey_loaded_item *i;
	uint32_t before = 0, after = 0;
	int fd = bpfkey_loaded_map_fd(l, map), r;

	for (size_t k = 0; (i = bpfkey_loaded_program(l, k)); k++)
		printf("program %s %s\n", i->name, i->link_fd >= 0 ? "attached" : "loaded");
	for (size_t k = 0; (i = bpfkey_loaded_map(l, k)); k++)
		printf("map %s\n", i->name);
	if (fd < 0)
		return fd;
	r = read_counter(fd, &before);
	for (int k = 0; k < 10; k++)
		syscall(SYS_getpid);
	r = r < 0 ? r : read_counter(fd, &after);
	printf("%s\n", after > before ? "it counts" : "it does not count");
	return r;
}

static int load(struct bpfkey_ctx *ctx, char **argv)
{
	struct bpfkey_load_opts opts = { .sz = sizeof(opts), .attach = true, .hold = true };
	struct bpfkey_object *o = NULL;
	struct bpfkey_cert *cert = NULL;
	struct bpfkey_loaded *l = NULL;
	int r = bpfkey_cert_open(ctx, argv[2], &cert);

	if (r >= 0)
		r = bpfkey_object_open(ctx, argv[1], &o);
	if (r >= 0)
		r = bpfkey_object_verify(o, &cert, 1, NULL, NULL);
	if (r >= 0)
		r = bpfkey_object_load(o, &opts, &l);
	if (r >= 0)
		r = show(l, argv[3]);
	bpfkey_loaded_free(l);
	bpfkey_object_free(o);
	bpfkey_cert_free(cert);
	return r;
}

int main(int argc, char **argv)
{
	struct bpfkey_ctx *ctx = NULL;
	int r;

	if (argc != 4 || bpfkey_ctx_new(&ctx) < 0)
		return 2;
	r = load(ctx, argv);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", bpfkey_err_name(r), bpfkey_ctx_message(ctx));
	bpfkey_ctx_free(ctx);
	return bpfkey_err_exit(r);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reaching a TPM: which one, over which transport. The names are a fixed list,
 * linked in; only "tabrmd" is left to the TSS's own loader.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_mssim.h>
#include <tss2/tss2_tcti_swtpm.h>
#include <tss2/tss2_tctildr.h>

#include "tcti_libtpms.h"
#include "tpm_priv.h"

#define DEFAULT_DEVICE "/dev/tpmrm0"

struct transport {
	const char *name;
	enum tpm_kind kind;
	const char *kind_name;
	TSS2_RC (*init)(TSS2_TCTI_CONTEXT *, size_t *, const char *);
	bool startup;		/* an emulator that nobody has started yet, perhaps */
};

static const struct transport transports[] = {
	{ "device", TPM_KIND_DEVICE, "device", Tss2_Tcti_Device_Init, false },
	{ "swtpm", TPM_KIND_SWTPM, "swtpm", Tss2_Tcti_Swtpm_Init, true },
	{ "embedded", TPM_KIND_EMBEDDED, "embedded", NULL, false },
	{ "mssim", TPM_KIND_OTHER, "other", Tss2_Tcti_Mssim_Init, true },
	{ "tabrmd", TPM_KIND_OTHER, "other", NULL, false },
};

/* find_transport - and what follows its colon, NULL when nothing does. */
static const struct transport *find_transport(const char *spec, const char **ret_conf)
{
	size_t n = strcspn(spec, ":");

	for (size_t i = 0; i < ARRAY_SIZE(transports); i++) {
		if (strlen(transports[i].name) != n || strncmp(spec, transports[i].name, n))
			continue;
		*ret_conf = spec[n] && spec[n + 1] ? spec + n + 1 : NULL;
		return &transports[i];
	}
	return NULL;
}

/* resolve - the caller's choice, the context's, or the machine's own. */
static int resolve(struct bpfkey_ctx *ctx, const char *spec, const struct transport **ret,
		   const char **ret_conf)
{
	const struct transport *tr;

	if (!spec)
		spec = bpfkey_ctx_tpm(ctx);
	if (!spec && access(DEFAULT_DEVICE, F_OK)) {
		bk_hint(ctx, "load the driver of the TPM, or name one with --tpm: device:PATH, "
			"swtpm:CONF, or embedded:DIR for tests");
		return bk_fail(ctx, -BPFKEY_E_NO_TPM, "no TPM here: '" DEFAULT_DEVICE
			       "' does not exist");
	}
	tr = find_transport(spec ? spec : "device", ret_conf);
	if (!tr) {
		bk_hint(ctx, "device:PATH, swtpm:CONF, embedded:DIR, mssim:CONF or tabrmd:CONF");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' names no kind of TPM", spec);
	}
	if (tr->kind == TPM_KIND_EMBEDDED && !*ret_conf)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' lacks its directory", spec);
	if (tr->kind == TPM_KIND_DEVICE && !*ret_conf)
		*ret_conf = DEFAULT_DEVICE;
	*ret = tr;
	return 0;
}

/* check_device - the transport only ever says "I/O error"; say which one. */
static int check_device(struct bpfkey_ctx *ctx, const char *path)
{
	_cleanup_(bk_closep) int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == EBUSY) {
		bk_hint(ctx, "use device:/dev/tpmrm0, which several programs can share");
		return bk_fail_errno(ctx, -BPFKEY_E_BUSY, errno, "cannot open TPM '%s'", path);
	}
	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		bk_hint(ctx, "run as root, or as a member of the group of '%s' (tss)", path);
		return bk_fail_errno(ctx, -BPFKEY_E_PRIVILEGE, errno, "cannot open TPM '%s'", path);
	}
	if (fd < 0) {
		bk_hint(ctx, "see 'dmesg | grep -i tpm', or name another one with --tpm");
		return bk_fail_errno(ctx, -BPFKEY_E_NO_TPM, errno, "cannot open TPM '%s'", path);
	}
	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return bk_fail(ctx, -BPFKEY_E_NO_TPM, "'%s' is not a device", path);
	return 0;
}

/* keep_from_children - the transports open their descriptors without CLOEXEC. */
static void keep_from_children(TSS2_TCTI_CONTEXT *tcti)
{
	TSS2_TCTI_POLL_HANDLE handles[4];
	size_t n = ARRAY_SIZE(handles);

	if (Tss2_Tcti_GetPollHandles(tcti, handles, &n) != TSS2_RC_SUCCESS)
		return;
	for (size_t i = 0; i < n && i < ARRAY_SIZE(handles); i++)
		fcntl(handles[i].fd, F_SETFD, FD_CLOEXEC);
}

static int unreachable(struct tpm *t, TSS2_RC rc)
{
	if (t->kind == TPM_KIND_SWTPM)
		bk_hint(t->ctx, "is it running, and are its ports (--server, --ctrl: one above) "
			"those named after 'swtpm:'?");
	if (t->by_tctildr)
		bk_hint(t->ctx, "tabrmd: needs the package libtss2-tcti-tabrmd0 and the running "
			"tpm2-abrmd; device:/dev/tpmrm0 does without both");
	if (rc == TSS2_TCTI_RC_MEMORY)
		return bk_out_of_memory(t->ctx);
	return bk_fail(t->ctx, -BPFKEY_E_NO_TPM, "no TPM answers at '%s' (0x%x)", t->id.spec, rc);
}

static int connect_linked(struct tpm *t, const struct transport *tr, const char *conf)
{
	size_t n = 0;
	TSS2_RC rc = tr->init(NULL, &n, conf);

	if (rc != TSS2_RC_SUCCESS)
		return unreachable(t, rc);
	t->tcti = calloc(1, n);
	if (!t->tcti)
		return bk_out_of_memory(t->ctx);
	rc = tr->init(t->tcti, &n, conf);
	if (rc != TSS2_RC_SUCCESS) {
		free(steal(&t->tcti));
		return unreachable(t, rc);
	}
	return 0;
}

static int connect_tpm(struct tpm *t, const struct transport *tr, const char *conf)
{
	TSS2_RC rc;
	int r;

	if (t->kind == TPM_KIND_EMBEDDED)
		return tcti_libtpms_open(t->ctx, conf, &t->tcti);
	if (!tr->init) {
		t->by_tctildr = true;
		rc = Tss2_TctiLdr_Initialize(t->id.spec, &t->tcti);
		return rc == TSS2_RC_SUCCESS ? 0 : unreachable(t, rc);
	}
	r = t->kind == TPM_KIND_DEVICE ? check_device(t->ctx, conf) : 0;
	if (r < 0)
		return r;
	r = connect_linked(t, tr, conf);
	if (r < 0)
		return r;
	keep_from_children(t->tcti);
	return 0;
}

static int start_tpm(struct tpm *t, const struct transport *tr)
{
	TSS2_RC rc = Esys_Initialize(&t->esys, t->tcti, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot talk to the TPM '%s'", t->id.spec);
	if (!tr->startup)
		return 0;
	rc = Esys_Startup(t->esys, TPM2_SU_CLEAR);
	if (rc != TSS2_RC_SUCCESS && !tpm_rc_is(rc, TPM2_RC_INITIALIZE))
		return tpm_fail(t, rc, "cannot start the TPM '%s'", t->id.spec);
	return 0;
}

void tpm_close(struct tpm *t)
{
	if (!t)
		return;
	tpm_session_close(t);
	if (t->esys)
		Esys_Finalize(&t->esys);
	if (t->kind == TPM_KIND_EMBEDDED) {
		tcti_libtpms_close(steal(&t->tcti));
	} else if (t->tcti && t->by_tctildr) {
		Tss2_TctiLdr_Finalize(&t->tcti);
	} else if (t->tcti) {
		Tss2_Tcti_Finalize(t->tcti);
		free(t->tcti);
	}
	free(t);
}

int tpm_open(struct bpfkey_ctx *ctx, const char *spec, struct tpm **ret)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	const struct transport *tr = NULL;
	const char *conf = NULL;
	int n, r;

	/* The TSS reports on stderr what we say better; a developer may turn it on. */
	if (setenv("TSS2_LOG", "all+none", 0))
		return bk_out_of_memory(ctx);
	r = resolve(ctx, spec, &tr, &conf);
	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return bk_out_of_memory(ctx);
	t->ctx = ctx;
	t->kind = tr->kind;
	t->session = ESYS_TR_NONE;
	snprintf(t->id.kind, sizeof(t->id.kind), "%s", tr->kind_name);
	n = snprintf(t->id.spec, sizeof(t->id.spec), "%s%s%s", tr->name, conf ? ":" : "",
		     conf ? conf : "");
	if (n < 0 || (size_t)n >= sizeof(t->id.spec))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "TPM name '%s' is longer than %zu characters",
			       conf, sizeof(t->id.spec) - 1);
	r = connect_tpm(t, tr, conf);
	if (r < 0)
		return r;
	r = start_tpm(t, tr);
	if (r < 0)
		return r;
	r = tpm_caps_read(t);
	if (!r && t->kind == TPM_KIND_EMBEDDED && tcti_libtpms_made(t->tcti))
		r = tpm_limits_own(t);
	if (r < 0)
		return r;
	*ret = steal(&t);
	return 0;
}

int tpm_identify(struct tpm *t, struct tpm_identity *ret)
{
	*ret = t->id;
	return 0;
}

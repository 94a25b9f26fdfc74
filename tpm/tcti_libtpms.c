/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Upstream's tcti-libtpms has no lock, loses updates and leaves a file with the
 * seeds in the current directory; hence this one. libtpms asks for its state
 * through callbacks without a user pointer, so the one TPM stands in a variable.
 */
#include "tcti_libtpms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_nvfilename.h>
#include <tss2/tss2_tpm2_types.h>

#include "../lib/crypto/digest.h"
#include "tcti_state.h"

#define TCTI_MAGIC 0x6b6579626b747069ULL
#define HEADER_LEN 10

struct embedded {
	TSS2_TCTI_CONTEXT_COMMON_V2 v2;
	struct bpfkey_ctx *ctx;
	struct tcti_state state;
	pid_t owner;
	int null_fd;		/* where libtpms may complain */
	bool running;		/* MainInit was called: Terminate is due, also when it failed */
	bool started;		/* TPM2_Startup succeeded: TPM2_Shutdown is due */
	bool made;		/* there was no state: libtpms has made a new TPM */
	bool answered;		/* a response waits to be received */
	/*
	 * First failure of a callback. Its sentence is kept apart: the callback
	 * may run while the caller's context holds that of an earlier failure.
	 */
	int trouble;
	struct bpfkey_ctx *sentence;
	unsigned char *resp;
	uint32_t resp_len, resp_cap;
};

/* The one TPM of this process, and of children that it forked meanwhile. */
static _Atomic(struct embedded *) the_tpm;

/* keep_trouble - libtpms only knows success and failure. */
static TPM_RESULT keep_trouble(struct embedded *e, int r)
{
	e->trouble = r;
	return TPM_FAIL;
}

/* may_write - not in a child, and not after the state and the TPM went apart. */
static bool may_write(const struct embedded *e)
{
	return e->owner == getpid() && !e->trouble;
}

static TPM_RESULT on_init(void)
{
	return TPM_SUCCESS;
}

/* Only a file that is not there lets libtpms make a new TPM (TPM_RETRY). */
static TPM_RESULT on_load(unsigned char **data, uint32_t *len, uint32_t number _unused_,
			  const char *name)
{
	struct embedded *e = the_tpm;
	_cleanup_(bk_freep) uint8_t *p = NULL;
	uint32_t n = 0;
	int r = tcti_state_load(&e->state, name, &p, &n);

	if (r == -BPFKEY_E_NOT_FOUND) {
		e->made = e->made || !strcmp(name, TPM_PERMANENT_ALL_NAME);
		return TPM_RETRY;
	}
	if (r < 0)
		return keep_trouble(e, r);
	/* Not TPM_Malloc(), whose 128 KiB a state with many NV indices exceeds. */
	*data = steal(&p);
	*len = n;
	return TPM_SUCCESS;
}

/* Called before the response leaves, so what was acknowledged is durable. */
static TPM_RESULT on_store(const unsigned char *data, uint32_t len, uint32_t number _unused_,
			   const char *name)
{
	struct embedded *e = the_tpm;
	int r;

	if (!may_write(e))
		return TPM_FAIL;
	r = tcti_state_store(&e->state, name, data, len);
	return r < 0 ? keep_trouble(e, r) : TPM_SUCCESS;
}

static TPM_RESULT on_delete(uint32_t number _unused_, const char *name, TPM_BOOL must _unused_)
{
	struct embedded *e = the_tpm;
	int r;

	if (!may_write(e))
		return TPM_FAIL;
	r = tcti_state_delete(&e->state, name);
	return r < 0 ? keep_trouble(e, r) : TPM_SUCCESS;
}

static TPM_RESULT on_locality(TPM_MODIFIER_INDICATOR *locality, uint32_t number _unused_)
{
	*locality = 0;
	return TPM_SUCCESS;
}

static TPM_RESULT on_presence(TPM_BOOL *present, uint32_t number _unused_)
{
	*present = 0;
	return TPM_SUCCESS;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t n, const uint8_t *command)
{
	struct embedded *e = (struct embedded *)tcti;

	if (!e || !command)
		return TSS2_TCTI_RC_BAD_REFERENCE;
	if (e->answered)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	/* A child has a copy of the TPM: what it did there would never have happened. */
	if (e->owner != getpid())
		return TSS2_TCTI_RC_NOT_PERMITTED;
	if (n < HEADER_LEN || n > UINT32_MAX)
		return TSS2_TCTI_RC_BAD_VALUE;
	if (TPMLIB_Process(&e->resp, &e->resp_len, &e->resp_cap, (unsigned char *)command,
			   (uint32_t)n) != TPM_SUCCESS || e->resp_len < HEADER_LEN)
		return TSS2_TCTI_RC_IO_ERROR;
	e->answered = true;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *n, uint8_t *response,
		       int32_t timeout _unused_)
{
	struct embedded *e = (struct embedded *)tcti;

	if (!e || !n)
		return TSS2_TCTI_RC_BAD_REFERENCE;
	if (!e->answered)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	if (!response || *n < e->resp_len) {
		TSS2_RC rc = response ? TSS2_TCTI_RC_INSUFFICIENT_BUFFER : TSS2_RC_SUCCESS;

		*n = e->resp_len;
		return rc;
	}
	memcpy(response, e->resp, e->resp_len);
	*n = e->resp_len;
	e->answered = false;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *tcti _unused_)
{
	/* Every command has ended before transmit() returns. */
	return TSS2_TCTI_RC_BAD_SEQUENCE;
}

static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT *tcti _unused_, TSS2_TCTI_POLL_HANDLE *h _unused_,
			    size_t *n _unused_)
{
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC set_locality(TSS2_TCTI_CONTEXT *tcti _unused_, uint8_t locality)
{
	return locality ? TSS2_TCTI_RC_NOT_IMPLEMENTED : TSS2_RC_SUCCESS;
}

static TSS2_RC make_sticky(TSS2_TCTI_CONTEXT *tcti _unused_, TPM2_HANDLE *h _unused_,
			   uint8_t sticky _unused_)
{
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static void finalize(TSS2_TCTI_CONTEXT *tcti _unused_)
{
	/* tcti_libtpms_close() does it: it can say what could not be saved. */
}

/* ask - a bare command with a 16-bit argument; the response code, or TPM2_RC_FAILURE. */
static uint32_t ask(struct embedded *e, uint32_t cc, uint16_t argument)
{
	const uint8_t command[12] = {
		0x80, 0x01, 0, 0, 0, sizeof(command), (uint8_t)(cc >> 24), (uint8_t)(cc >> 16),
		(uint8_t)(cc >> 8), (uint8_t)cc, (uint8_t)(argument >> 8), (uint8_t)argument,
	};

	if (TPMLIB_Process(&e->resp, &e->resp_len, &e->resp_cap, (unsigned char *)command,
			   sizeof(command)) != TPM_SUCCESS || e->resp_len < HEADER_LEN)
		return TPM2_RC_FAILURE;
	return (uint32_t)e->resp[6] << 24 | (uint32_t)e->resp[7] << 16 |
	       (uint32_t)e->resp[8] << 8 | e->resp[9];
}

int tcti_libtpms_trouble(TSS2_TCTI_CONTEXT *tcti)
{
	struct embedded *e = (struct embedded *)tcti;
	const char *hint = bpfkey_ctx_hint(e->sentence);

	if (e->owner != getpid())
		return bk_fail(e->ctx, -BPFKEY_E_BUSY,
			       "the embedded TPM in '%s' belongs to the parent of this process",
			       e->state.dir);
	if (!e->trouble)
		return 0;
	if (*hint)
		bk_hint(e->ctx, "%s", hint);
	return bk_fail(e->ctx, e->trouble, "%s", bpfkey_ctx_message(e->sentence));
}

/* start_failed - why libtpms would not start. */
static int start_failed(struct embedded *e, uint32_t rc)
{
	struct bpfkey_ctx *ctx = e->ctx;
	int r = tcti_libtpms_trouble((TSS2_TCTI_CONTEXT *)e);

	if (r < 0)
		return r;
	bk_hint(ctx,
		"restore '%s/" TPM_PERMANENT_ALL_NAME "' from a backup; without it the keys of "
		"this TPM are lost. To begin with a new TPM, move the directory away",
		e->state.dir);
	return bk_fail(ctx, -BPFKEY_E_FORMAT,
		       "TPM state '%s/" TPM_PERMANENT_ALL_NAME
		       "' is damaged: libtpms refuses it (0x%x)",
		       e->state.dir, rc);
}

static int start(struct embedded *e)
{
	struct libtpms_callbacks callbacks = {
		.sizeOfStruct = sizeof(callbacks),
		.tpm_nvram_init = on_init,
		.tpm_nvram_loaddata = on_load,
		.tpm_nvram_storedata = on_store,
		.tpm_nvram_deletename = on_delete,
		.tpm_io_init = on_init,
		.tpm_io_getlocality = on_locality,
		.tpm_io_getphysicalpresence = on_presence,
	};
	uint32_t rc;

	e->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (e->null_fd < 0)
		return bk_fail_errno(e->ctx, -BPFKEY_E_IO, errno, "cannot open '/dev/null'");
	TPMLIB_SetDebugFD(e->null_fd);
	if (TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS ||
	    TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS)
		return bk_fail(e->ctx, -BPFKEY_E_NO_SUPPORT, "libtpms is without TPM 2.0");
	e->running = true;
	rc = TPMLIB_MainInit();
	if (rc != TPM_SUCCESS)
		return start_failed(e, rc);
	rc = ask(e, TPM2_CC_Startup, TPM2_SU_CLEAR);
	e->started = rc == TPM2_RC_SUCCESS || rc == TPM2_RC_INITIALIZE;
	return e->started ? 0 : start_failed(e, rc);
}

static struct embedded *embedded_new(struct bpfkey_ctx *ctx)
{
	struct embedded *e = calloc(1, sizeof(*e));

	if (!e || bpfkey_ctx_new(&e->sentence) < 0) {
		free(e);
		return NULL;
	}
	e->ctx = ctx;
	e->v2.v1.magic = TCTI_MAGIC;
	e->v2.v1.version = 2;
	e->v2.v1.transmit = transmit;
	e->v2.v1.receive = receive;
	e->v2.v1.finalize = finalize;
	e->v2.v1.cancel = cancel;
	e->v2.v1.getPollHandles = poll_handles;
	e->v2.v1.setLocality = set_locality;
	e->v2.makeSticky = make_sticky;
	e->state = (struct tcti_state)TCTI_STATE_INIT;
	e->owner = getpid();
	e->null_fd = -1;
	return e;
}

/* say_unsaved - closing cannot fail, but must not keep silent. */
static void say_unsaved(struct embedded *e, uint32_t rc)
{
	if (e->trouble)
		bk_log(e->ctx, BPFKEY_LOG_WARNING, "%s", bpfkey_ctx_message(e->sentence));
	else if (rc != TPM2_RC_SUCCESS)
		bk_log(e->ctx, BPFKEY_LOG_WARNING,
		       "the embedded TPM in '%s' was not shut down cleanly (0x%x)", e->state.dir,
		       rc);
}

/*
 * Without TPM2_Shutdown the next start counts a failed PIN (three of those
 * lock the TPM), so it is sent on every path that gets here.
 */
static void embedded_free(struct embedded *e)
{
	bool mine = e->owner == getpid(), guarding = the_tpm == e;

	if (mine && e->started)
		say_unsaved(e, ask(e, TPM2_CC_Shutdown, TPM2_SU_CLEAR));
	if (mine && e->running)
		TPMLIB_Terminate();
	if (mine && guarding)
		TPMLIB_SetDebugFD(-1);
	if (e->null_fd >= 0)
		close(e->null_fd);
	free(e->resp);
	e->resp = NULL;
	tcti_state_close(&e->state, mine);
	/* In a child it stays taken: libtpms there is a copy in an unknown state. */
	if (!mine && guarding)
		return;
	if (guarding)
		the_tpm = NULL;
	bpfkey_ctx_free(e->sentence);
	free(e);
}
DEFINE_CLEANUP(struct embedded *, embedded_free)

bool tcti_libtpms_made(const TSS2_TCTI_CONTEXT *tcti)
{
	return ((const struct embedded *)tcti)->made;
}

void tcti_libtpms_close(TSS2_TCTI_CONTEXT *tcti)
{
	if (tcti)
		embedded_free((struct embedded *)tcti);
}

int tcti_libtpms_open(struct bpfkey_ctx *ctx, const char *dir, TSS2_TCTI_CONTEXT **ret)
{
	_cleanup_(embedded_freep) struct embedded *e = embedded_new(ctx);
	struct embedded *none = NULL;
	int r;

	if (!e)
		return bk_out_of_memory(ctx);
	if (!atomic_compare_exchange_strong(&the_tpm, &none, e)) {
		bk_hint(ctx, "close the first one, or reach one of the two as swtpm:");
		return bk_fail(ctx, -BPFKEY_E_BUSY,
			       "cannot open the embedded TPM in '%s': this process (or its parent) "
			       "has one open already", dir);
	}
	r = bk_crypto_setup(ctx);
	if (r < 0)
		return r;
	r = tcti_state_open(ctx, dir, &e->state);
	if (r < 0)
		return r;
	e->state.ctx = e->sentence;
	r = start(e);
	if (r < 0)
		return r;
	*ret = (TSS2_TCTI_CONTEXT *)steal(&e);
	return 0;
}

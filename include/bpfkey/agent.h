/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signing agent: programs that generate BPF programs at run time, and are
 * trusted loaders of the gate, have them signed by a key that they never see.
 * Here is what a generator calls, and what the agent is made of; its messages
 * are keyctl-bpf-agent-protocol(5).
 */
#ifndef BPFKEY_AGENT_H
#define BPFKEY_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/sign.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * struct bpfkey_remote_opts - which agent, and how long to wait for it
 * @sz:      sizeof(struct bpfkey_remote_opts)
 * @socket:  path of its socket; NULL: BPFKEY_AGENT_SOCKET
 * @timeout: in milliseconds, for the whole call; 0: 10000
 */
struct bpfkey_remote_opts {
	size_t sz;
	const char *socket;
	uint32_t timeout;
};

/**
 * bpfkey_remote_sign - bpfkey_sign_object_mem() with the key of the signing agent
 * @name: what sentences and the agent's log call the object, and what it is named after
 * @data: @n bytes of a BPF object
 * @opts: as there, without BPFKEY_SIGN_AGAIN; NULL for none of it
 * @remote: NULL for the defaults
 * @ret:  the signed object, @ret_n bytes; free with bpfkey_free()
 *
 * The caller's process has to be a trusted loader that the agent has a key for. The loader is
 * made here, the agent only gets it to see and sign. A busy agent is asked again until the time
 * is over.
 *
 * -BPFKEY_E_NO_AGENT (nobody answers), _AGENT (it refused; the sentence has its reason), _BUSY,
 * _NO_SUPPORT (it speaks another version), _NOT_A_LOADER, _PRIVILEGE, _INSECURE (who answers is
 * neither root nor this user), _SIGNATURE (what it sent is not good), ...
 *
 * Since: 0.1
 */
int bpfkey_remote_sign(struct bpfkey_ctx *ctx, const char *name, const void *data, size_t n,
		       const struct bpfkey_sign_opts *opts,
		       const struct bpfkey_remote_opts *remote, void **ret, size_t *ret_n);

struct bpfkey_agent;

/**
 * struct bpfkey_agent_opts - what an agent signs with
 * @sz:     sizeof(struct bpfkey_agent_opts)
 * @config: its configuration; NULL: BPFKEY_AGENT_CONFIG_FILE
 * @log:    a signing log, as of bpfkey_signer_set_log(); NULL: none
 */
struct bpfkey_agent_opts {
	size_t sz;
	const char *config, *log;
};

/**
 * bpfkey_agent_new - read the configuration and open every key in it
 * @opts: NULL for the defaults
 * @ret:  free with bpfkey_agent_free()
 *
 * Passphrases and PINs come from where the context says. What bpfkey_signer_open() answers, and
 * -BPFKEY_E_FORMAT, _INSECURE, _NOT_FOUND for the configuration.
 *
 * Since: 0.1
 */
int bpfkey_agent_new(struct bpfkey_ctx *ctx, const struct bpfkey_agent_opts *opts,
		     struct bpfkey_agent **ret);

/** bpfkey_agent_free - NULL is fine. Since: 0.1 */
void bpfkey_agent_free(struct bpfkey_agent *a);

/** bpfkey_agent_keys - how many loaders it has keys for. Since: 0.1 */
size_t bpfkey_agent_keys(const struct bpfkey_agent *a);

/**
 * bpfkey_agent_need - how many bytes a message has that begins like this
 * @data: @n bytes that have come so far
 *
 * More than @n: so many are needed before anything can be said, or for the whole message. @n or
 * fewer: bpfkey_agent_answer() can be called, also because what came can be no message.
 *
 * Since: 0.1
 */
size_t bpfkey_agent_need(const void *data, size_t n);

/**
 * struct bpfkey_agent_event - what an answer was, for the agent's own log
 * @sz:     sizeof(struct bpfkey_agent_event) as the caller knows it, set before the call
 * @result: 0: it was signed (or, for a greeting, the peer is served); else -BPFKEY_E_
 * @end:    the connection has to be closed when the answer is sent
 * @pid:    of the peer, 0: unknown
 * @loader: the peer's name as a trusted loader, or ""; @file: its file's digest
 * @key, @name: which key signed which object; "" when it did not come to that
 * @digest: SHA-256 of what was signed first
 * @message: why not, "" when it was signed
 */
struct bpfkey_agent_event {
	size_t sz;
	int result;
	bool end;
	uint32_t pid;
	char loader[32];
	uint8_t file[32], digest[32];
	char key[256], name[256], message[512];
};

/**
 * bpfkey_agent_answer - answer one message of a peer
 * @pidfd: of the process at the other end, as SO_PEERPIDFD gives it
 * @data:  @n bytes; 0: it has only just connected and is to be greeted
 * @event: what became of it
 * @ret:   @ret_n bytes to send; free with bpfkey_free()
 *
 * Who the peer is, is asked of the gate each time. A refusal is an answer, too: negative values
 * mean that there is nothing to send, and the connection is to be closed.
 *
 * Since: 0.1
 */
int bpfkey_agent_answer(struct bpfkey_agent *a, int pidfd, const void *data, size_t n,
			struct bpfkey_agent_event *event, void **ret, size_t *ret_n);

/**
 * bpfkey_agent_busy - the answer to who comes too often or when too many are there
 * @why: a sentence
 * @ret: @ret_n bytes to send; free with bpfkey_free()
 *
 * Since: 0.1
 */
int bpfkey_agent_busy(struct bpfkey_agent *a, const char *why, void **ret, size_t *ret_n);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

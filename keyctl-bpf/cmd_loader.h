/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_LOADER_H
#define CMD_LOADER_H

#include <stdbool.h>
#include <stdint.h>

struct cli;

/* loader_put_types - "types", "attach_types" and "full_power" */
void loader_put_types(struct cli *cli, uint64_t types, uint64_t attach);

/*
 * policy_changed - the answer to a change of the gate's policy, which an installed gate follows
 * @was: whether it was one
 */
int policy_changed(struct cli *cli, bool was);

/* policy_types - "xdp,sched_cls" into one bit each; @what: "program" or "attach" */
int policy_types(struct cli *cli, const char *text, const char *what,
		 int (*parse)(const char *name, unsigned int *ret), uint64_t *ret);

/* policy_time - "2027-01-31" or "2027-01-31T00:00:00Z" in seconds since 1970; 0 or -1 */
int policy_time(const char *text, int64_t *ret);

/* policy_since - a time span back from now, as in 1h, or a time; usage error */
int policy_since(struct cli *cli, const char *text, int64_t *ret);

/* policy_until - the value of --until in seconds since 1970 */
int policy_until(struct cli *cli, const char *text, int64_t *ret);

/* policy_put_time - null instead of 0; policy_put_hash - of SHA-256, null instead of zeros */
void policy_put_time(struct cli *cli, const char *key, int64_t t);
void policy_put_hash(struct cli *cli, const char *key, const uint8_t hash[32]);

#endif

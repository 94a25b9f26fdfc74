/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only carrier of private keys, PINs and unsealed data: memory that is
 * kept out of swap, core dumps and forked children, and wiped when freed.
 * There is no way to print one.
 */
#ifndef BK_SECRET_H
#define BK_SECRET_H

#include <stdbool.h>

#include "util.h"

struct bk_secret;

/* bk_secret_new - room for @cap bytes, length 0; NULL when it cannot be had. */
struct bk_secret *bk_secret_new(size_t cap);

/* bk_secret_take - copy @n bytes of @src into a new secret and wipe @src. */
struct bk_secret *bk_secret_take(void *src, size_t n);

void bk_secret_free(struct bk_secret *s);
DEFINE_CLEANUP(struct bk_secret *, bk_secret_free)

uint8_t *bk_secret_data(struct bk_secret *s);
size_t bk_secret_len(const struct bk_secret *s);
size_t bk_secret_cap(const struct bk_secret *s);

/* bk_secret_set_len - after writing through bk_secret_data(); at most its cap. */
void bk_secret_set_len(struct bk_secret *s, size_t n);

/* bk_secret_equal - constant time for equal lengths. */
bool bk_secret_equal(const struct bk_secret *a, const struct bk_secret *b);

/* bk_wipe - for copies that a foreign library left elsewhere. */
void bk_wipe(void *p, size_t n);

#endif

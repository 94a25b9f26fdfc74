/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program may tell of the process that it is. */
#include <bpfkey.h>

#include "../crypto/digest.h"

void bpfkey_own_openssl(void)
{
	bk_crypto_own();
}

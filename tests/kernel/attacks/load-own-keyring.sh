# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signature by a key in a keyring of the attacker. Hole 9.
# record: unknown-key other-keyring
attempt() { in=$mine signed_by other.sig 31; }

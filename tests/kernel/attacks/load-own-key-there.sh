# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A key that the attacker has put into .bpf before it was sealed. Hole 9.
# record: unknown-key
attempt() { signed_by other.sig 31; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A loader of the attacker is allowed with the tool. Hole 18.
# record: unsigned
# control: unsealed
control() { allow_and_load && tool loader revoke mine; }
attempt() { allow_and_load; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A key of the attacker is enrolled with the tool, and the gate follows the keyring. Hole 18.
# record: unknown-key
# control: unsealed
control() { enrol_and_load && tool keyring remove late.pem; }
attempt() { enrol_and_load; }

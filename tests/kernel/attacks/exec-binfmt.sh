# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A format of the attacker whose interpreter is a trusted loader: binfmt_misc.
# record: unsigned
attempt() { by_format '' "$agent"; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every process of the administrator is killed: the gate needs none. Hole 4.
# record: unsigned
attempt() {
	pkill -KILL keyctl-bpf
	unsigned
}

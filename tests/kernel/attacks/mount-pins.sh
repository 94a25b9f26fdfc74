# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The pins of the gate are unlinked. Hole 2.
# record: unsigned
# last: what grants goes with its pin
control() { naive_falls rm -f /run/pins/bpf/naive; }
attempt() {
	rm -rf /sys/fs/bpf/keyctl-bpf
	unsigned
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The pins of the gate are renamed, and their folder taken away. Hole 4.
# record: unsigned
# last: pins
control() { naive_falls sh -c 'mv /run/pins/bpf/naive /run/pins/bpf/other && rm /run/pins/bpf/other'; }
attempt() {
	mv /sys/fs/bpf/keyctl-bpf /sys/fs/bpf/gone 2>/dev/null
	rm -rf /sys/fs/bpf/gone
	unsigned
}

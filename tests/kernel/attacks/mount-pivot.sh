# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# pivot_root puts the attacker into another root and lets the old one go. Hole 4.
# record: unsigned
# last: pins
attempt() {
	mkdir -p /run/root
	# The initial root cannot be left; one that is mounted can.
	unsigned unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /run/root && cd /run/root &&
		for d in lab lib lib64 usr bin proc run/t new; do mkdir -p $d; done
		for d in lab lib lib64 usr bin proc run/t; do mount --rbind /$d $d; done
		mount --rbind /run/root new && exec chroot . sh -c "cd /new && mkdir -p old && pivot_root . old &&
			umount -l /old; exec \"\$@\"" sh "$@"' sh
}

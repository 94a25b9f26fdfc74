# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same by a link. Hole 5.
# record: detach
attempt() { reaches link "$attack" overlink /sys/fs/bpf/override; }

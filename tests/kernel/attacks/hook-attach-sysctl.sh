# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A program on sysctl that allows what the guard refuses. Hole 1.
# record: detach
attempt() { reaches attach "$attack" over /sys/fs/bpf/passer sysctl; }

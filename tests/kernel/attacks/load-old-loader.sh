# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A loader of unsigned programs that was loaded before the gate. Hole 22.
# record: unknown-loader
attempt() { reaches inner "$attack" run /sys/fs/bpf/pre; }

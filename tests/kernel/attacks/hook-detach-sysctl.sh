# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Detaching the guard of the switch for trampolines. Holes 1, 4.
# record: detach
control() { reaches detach "$attack" cgroup "$attacks/passer.bpf.o" passer; }
attempt() { any detach "$attack" detach sysctl; }

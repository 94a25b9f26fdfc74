# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Detaching the hooks from the root cgroup. Hole 4.
# record: detach
control() { reaches detach "$attack" cgroup "$naive" naive_cgroup; }
attempt() { any detach "$attack" detach lsm; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signed program on a security hook. Hole 19.
# record: type
attempt() { signed_by tiny.sig 29 27 bpf_lsm_bpf_prog_load; }

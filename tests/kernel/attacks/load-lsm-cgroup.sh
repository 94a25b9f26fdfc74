# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signed program for the hook that could undo a refusal. Hole 5.
# record: masked-type
attempt() { signed_by tiny.sig 29 43 bpf_lsm_bpf_prog_load; }

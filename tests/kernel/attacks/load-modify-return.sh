# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signed program that changes what a security hook answers, of a type that its rule names. Hole 19.
# record: masked-type
attempt() { signed_by tiny.sig 26 26 bpf_modify_return_test; }

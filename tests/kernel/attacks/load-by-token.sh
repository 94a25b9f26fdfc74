# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An unsigned load in a user namespace, by a BPF token that root has delegated to it.
# record: unsigned
attempt() { reaches unsigned "$attacks/token"; }

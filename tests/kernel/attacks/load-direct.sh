# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signed program of a type that its key may not sign: kernels sign no type. Hole 25.
# record: type
attempt() { signed_by tiny.sig 1; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same, of a type that may write to user memory. Holes 19, 25.
# record: type
attempt() { signed_by tiny.sig 2; }

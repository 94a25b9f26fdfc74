# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A descriptor of a trusted loader is taken: pidfd_getfd.
# record: traced
attempt() { into getfd; }

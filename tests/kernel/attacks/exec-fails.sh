# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An exec of a trusted loader that fails when it was judged already leaves its task as it was. Hole 11.
# record: unsigned
attempt() { reaches unsigned "$reach" fails "$agent"; }

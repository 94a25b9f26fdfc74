# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An anonymous copy of a trusted loader.
# record: unsigned
attempt() { reaches unsigned "$reach" memfd "$agent" agent unsigned; }

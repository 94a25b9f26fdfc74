# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader is told to load a type that its rule does not name.
# record: trusted-type
attempt() { reaches unsigned "$agent" unsigned 2; }

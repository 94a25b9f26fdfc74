# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader is told to load a program that loads others.
# record: trusted-type
attempt() { reaches unsigned "$agent" unsigned 31; }

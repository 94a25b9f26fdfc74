# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A trusted loader is overwritten.
# record: none, fs-verity refuses
control() { cp "$attack" /disk/open && (printf x >>/disk/open); }
attempt() { (printf x >>"$agent") 2>/dev/null; }

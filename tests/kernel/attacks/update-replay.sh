# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An old policy image once more, well signed.
# record: none, the kernel compares versions
# control: after
control() { fresh_image replay.img && image_taken replay.img replay.img.one replay.img.two; }
attempt() { image_taken old.img old.img.one old.img.two; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A script of the attacker whose interpreter is a trusted loader.
# record: unsigned
attempt() {
	printf '#!%s unsigned\n' "$agent" >script && chmod 755 script
	reaches unsigned ./script
}

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A load under limits that leave a process hardly anything.
# record: unsigned
attempt() { unsigned sh -c 'ulimit -n 8; ulimit -l 0; ulimit -u 1; exec "$@"' sh; }

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One test file is both the driver and the guest. Write tests/kernel/NAME.t (executable) so:
#
#     #!/bin/bash
#     # what it shows
#     guest_modules="bpf_keyring"      # all optional, see below
#     . "$(dirname -- "$0")/lib/guest.sh"
#     plan 2                           # from here on: inside the guest, as root, no set -e
#     ok "the tool runs" keyctl-bpf --version
#     refused 2 "usage:" keyctl-bpf nonsense
#
# On the host, 'KERNEL=7.3 tests/kernel/NAME.t' boots that kernel and runs the file in it; the
# functions for the guest are in tap.sh. What a test may set before the line that sources this:
#     guest_modules="M..."     modules to load before the test starts (lib/modules is what there is)
#     guest_files="PATH..."    files or folders of the checkout, or '$O/PATH' of the build folder,
#                              that the test reads; they lie at the same place below /lab
#     guest_tools="T..."       more host commands to bring along
#     guest_cmdline="W..."     more words for the kernel, e.g. lockdown=confidentiality; the native
#                              kernel gets bpf.keyring_unsealed=1 unless they set that parameter
#     guest_timeout=600        seconds for the whole guest
#     guest_memory=1280        MiB
#     guest_disk=64            MiB, of /disk
#     guest_root=""            instead of it, a disk that lib/prepare made: "systemd13"
#     guest_cpus=1             two of them wait for one another when the host is busy
#     guest_alone=1            no other guest beside it (at the start of a line, for run)
# In the guest: $PWD is /lab, laid out as the checkout; keyctl-bpf and the executables of
# $O/tests/kernel and its attacks/ are in PATH; $O is /lab/build and holds the *.bpf.o of lib/bpf and
# of the tests; libxdp's BPF objects are in /bpf; /disk is ext4 with fs-verity; the TPM is /dev/tpmrm0;
# LONG, SAN and NARROW are what they were on the host, $KERNEL is the series or "native"; root has
# the session keyring of a login; 'modprobe bpf_keyring keyring_unsealed=1' makes the dot keyrings. 'restart' boots the
# machine anew with its disk and its TPM, and the test begins again with $BOOT one higher.
# 'become_systemd' leaves the initramfs for the disk of guest_root: its systemd is PID 1 from then
# on and starts the test again, likewise; what the test put into /disk/lab/bin is in PATH there.

guest_modules=${guest_modules-}
guest_files=${guest_files-}
guest_tools=${guest_tools-}
guest_cmdline=${guest_cmdline-}
guest_timeout=${guest_timeout-600}
guest_memory=${guest_memory-1280}
guest_disk=${guest_disk-64}
guest_root=${guest_root-}
guest_cpus=${guest_cpus-1}
guest_quiet=${guest_quiet-120} # a shorter silence that counts as a hang: for the lab's own test

if [ -z "${GUEST-}" ]; then
	GUEST_TEST=$(cd -- "$(dirname -- "$0")" && pwd)/$(basename -- "$0")
	export GUEST_TEST guest_modules guest_files guest_tools guest_cmdline guest_timeout guest_memory guest_disk guest_root guest_cpus guest_quiet
	exec "$(dirname -- "${BASH_SOURCE[0]}")/drive"
fi

# shellcheck source=tests/kernel/lib/tap.sh
. /lab/tests/kernel/lib/tap.sh

# What outlives a boot: how many there were, and how many points.
BOOT=1
[ ! -s /disk/.restart ] || read -r BOOT tap_n </disk/.restart

restart() {
	echo "$((BOOT + 1)) $tap_n" >/disk/.restart
	touch /run/restart
	exit 0
}

# In the other root /disk is the root itself. The unit is all that systemd is to start.
become_systemd() {
	cp -a /lab/. /disk/lab/
	ln -s . /disk/disk
	echo "$((BOOT + 1)) $tap_n" >/disk/.restart
	cat >/disk/etc/systemd/system/lab.service <<-END
		[Unit]
		DefaultDependencies=no
		[Service]
		Type=oneshot
		TimeoutStartSec=infinity
		WorkingDirectory=/lab
		ExecStart=/bin/bash -c '. /lab/env; PATH=/lab/bin:\$PATH HOME=/root "/lab/\$GUEST_TEST" >/dev/ttyS1 2>&1; echo "guest ended: \$?" >/dev/ttyS1; sync; echo o >/proc/sysrq-trigger'
	END
	printf '[Unit]\nDefaultDependencies=no\nRequires=lab.service\n' >/disk/etc/systemd/system/default.target
	touch /run/switch
	exit 0
}

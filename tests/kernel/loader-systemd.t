#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd as PID 1 under the gate. It takes a refusal for a kernel that cannot, and starts services
# without their sandbox; once it is a trusted loader, and has executed itself, it has its programs.
# lab: one kernel will do
# shellcheck disable=SC2034,SC2016 # read by guest.sh, which knows $O
guest_files='tests/kernel/gate.sh $O/tests/kernel/attacks/attack' guest_tools='jq openssl' guest_root=systemd13
. "$(dirname -- "$0")/lib/guest.sh"
# shellcheck source=tests/kernel/gate.sh
. /lab/tests/kernel/gate.sh

systemd=/usr/lib/systemd/systemd

# bring PROGRAM...: into the other root, with what it needs of this one
bring() {
	local p name

	mkdir -p /disk/lab/{bin,lib}
	for p; do
		name=${p##*/}
		cp "$p" "/disk/lab/lib/$name.bin"
		/lib64/ld-linux-x86-64.so.2 --list "$p" | grep -o '/[^ ]*' | xargs -I{} cp -L {} /disk/lab/lib/
		printf '#!/bin/sh\nexec /lab/lib/ld-linux-x86-64.so.2 --library-path /lab/lib /lab/lib/%s.bin "$@"\n' \
			"$name" >"/disk/lab/bin/$name"
		chmod 755 "/disk/lab/bin/$name"
	done
}

# A service that may use no device but /dev/null says whether it reads another one.
sandboxed() {
	systemctl daemon-reload
	rm -f /run/sandboxed
	systemctl start sandbox.service
	cat /run/sandboxed
}

if [ "$BOOT" = 1 ]; then
	set_up
	ok "the gate is installed in the initramfs" keyctl-bpf gate install --self-test obj.o
	ok "and enforces" keyctl-bpf -q gate mode enforce --accept-existing
	mkdir -p /disk/var/lib/keyctl-bpf /disk/lab/t
	cp -a /var/lib/keyctl-bpf/. /disk/var/lib/keyctl-bpf/
	cp ./* /disk/lab/t/
	bring "$(command -v keyctl-bpf)" "$(command -v jq)" "$attack"
	cat >/disk/etc/systemd/system/sandbox.service <<-'END'
		[Unit]
		DefaultDependencies=no
		[Service]
		Type=oneshot
		DevicePolicy=strict
		DeviceAllow=/dev/null rw
		ExecStart=/bin/bash -c 'head -c 1 /dev/zero >/dev/null 2>&1 && echo no >/run/sandboxed || echo yes >/run/sandboxed'
	END
	become_systemd
fi

cd /lab/t || exit 1
is "$(cat /proc/1/comm)" systemd "systemd is PID 1"
is "$(readlink /proc/1/root)" / "of a root of its own"
is "$(keyctl-bpf gate show --json | jq -r .result.mode)" enforce "the gate went along"
run attack unsigned
is "$(count unsigned)" EPERM "and decides"
is "$(sandboxed)" no "systemd, refused, starts a service without its sandbox"
is "$(keyctl-bpf gate log --json |
	jq -r '[.result.decisions[] | select(.process == "systemd" and .type == "cgroup_device")][-1].reason')" \
	unsigned "and the record says why"
refused 3 "loads whatever its caller names" keyctl-bpf loader allow $systemd --name systemd \
	--types cgroup_device --with-libraries
ok "systemd is allowed what it needs" keyctl-bpf -q loader allow $systemd --name systemd --lends-trust \
	--types cgroup_device,cgroup_skb,cgroup_sock_addr,socket_filter --with-libraries
is "$(sandboxed)" no "the process that was there before is not trusted"
ok "it executes itself" systemctl daemon-reexec
is "$(sandboxed)" yes "and now its sandbox holds"
is "$(keyctl-bpf gate log --json |
	jq -r '[.result.decisions[] | select(.process == "systemd" and .type == "cgroup_device")][-1].reason')" \
	trusted-loader "by its rule"
run attack unsigned
is "$(count unsigned)" EPERM "what it starts is not trusted"
done_testing

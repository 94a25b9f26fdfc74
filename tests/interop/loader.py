#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""loader.py [--check] OBJECT [PROGRAM]: loads a signed BPF object.

Written from keyctl-bpf-object(5) and keyctl-bpf-run(5) alone, with nothing but
Python's own library: what somebody writes who has the manual and no library of
ours. Prints what was made; runs PROGRAM once on an empty packet and prints what
it returned. --check only reads the object and compares its digests; who signed
it, the kernel says.
"""
import ctypes
import errno
import hashlib
import os
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
SYS_BPF, SYS_KEYCTL = {"x86_64": (321, 250), "aarch64": (280, 219)}[os.uname().machine]
KEYCTL_DESCRIBE = 6
MAP_CREATE, MAP_UPDATE, PROG_LOAD, PROG_RUN, GET_INFO, MAP_FREEZE = 0, 2, 5, 10, 15, 22
PREFIX = ".keyctl_bpf."
PARTS = ("loader", "metadata", "manifest", "sig_insns", "sig_metadata", "digests", "sig_file")
SHT_NOBITS = 8


class Refused(Exception):
    """What stands in the way, as one sentence."""


class Reader:
    """The big-endian numbers and texts of manifest and digests."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, n):
        if n > len(self.data) - self.at:
            raise Refused("a section of the object ends too early")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, size):
        return int.from_bytes(self.bytes(size), "big")

    def text(self):
        return self.bytes(self.number(4)).decode()

    def end(self):
        if self.at != len(self.data):
            raise Refused("something is left over at the end of a section")


class Section:
    def __init__(self, header, name):
        (_, self.type, self.flags, _, self.offset, self.size) = header[:6]
        self.name = name

    def contents(self, file):
        return b"" if self.type == SHT_NOBITS else file[self.offset:self.offset + self.size]


def read_sections(file):
    """The sections of an ELF file but the null section, and where their headers are."""
    if file[:6] != b"\x7fELF\x02\x01":
        raise Refused("no ELF file of 64 bits, little-endian")
    shoff, = struct.unpack_from("<Q", file, 0x28)
    shnum, shstrndx = struct.unpack_from("<HH", file, 0x3c)
    headers = [struct.unpack_from("<IIQQQQIIQQ", file, shoff + 64 * i) for i in range(shnum)]
    names = headers[shstrndx]
    table = file[names[4]:names[4] + names[5]]
    sections = [Section(h, table[h[0]:table.index(b"\0", h[0])].decode()) for h in headers[1:]]
    return sections, shoff + 64 * (shnum - 1)


def frame_of(file, sections, last_header):
    """The file without what is in sections."""
    frame = bytearray(file)
    for s in sections:
        if s.type != SHT_NOBITS:
            frame[s.offset:s.offset + s.size] = bytes(s.size)
    frame[last_header + 0x20:last_header + 0x28] = bytes(8)
    return bytes(frame[:sections[-1].offset])


def check_digests(file, sections, last_header, digests):
    r = Reader(digests)
    if r.bytes(8) != b"\xffKBPFD\x00\x01":
        raise Refused("its digests are of a kind that is not known")
    r.bytes(8 + 8 + 2 + 2)
    if r.bytes(32) != hashlib.sha256(frame_of(file, sections, last_header)).digest():
        raise Refused("its frame is not what was signed")
    listed = [s for s in sections if s.name not in (PREFIX + "digests", PREFIX + "sig_file")]
    if r.number(4) != len(listed):
        raise Refused("sections were added or taken away")
    for s in listed:
        said = (r.text(), r.number(4), r.number(8), r.number(8), r.bytes(32))
        digest = hashlib.sha256(s.contents(file)).digest()
        if said != (s.name, s.type, s.flags, s.size, digest):
            raise Refused(f"section '{s.name}' is not what was signed")
    r.end()


def read_manifest(data, loader, metadata):
    """The names of the maps and of the programs, in the order of the loader's context."""
    r = Reader(data)
    if r.number(2) != 1:
        raise Refused("the manifest is of a version that is not known")
    r.text(), r.text()
    if (r.number(4), r.number(4)) != (len(loader), len(metadata)):
        raise Refused("manifest and loader differ in size")
    for _ in range(r.number(4)):
        r.text(), r.text()
    maps, programs = [], []
    for _ in range(r.number(4)):
        maps.append(r.text())
        r.text(), r.bytes(5 * 4 + 1)
    for _ in range(r.number(4)):
        programs.append(r.text())
        r.text(), r.text(), r.bytes(3 * 4)
    r.end()
    return maps, programs


def read_object(path):
    with open(path, "rb") as f:
        file = f.read()
    sections, last_header = read_sections(file)
    parts = {}
    for name in PARTS:
        found = [s for s in sections if s.name == PREFIX + name]
        if len(found) != 1:
            raise Refused(f"it does not have one section '{PREFIX}{name}'")
        parts[name] = found[0].contents(file)
    if sections[-1].name != PREFIX + "sig_file":
        raise Refused("it does not end with the signature over its digests")
    check_digests(file, sections, last_header, parts["digests"])
    return parts, read_manifest(parts["manifest"], parts["loader"], parts["metadata"])


def read_keyring_id(path="/run/keyctl-bpf/keyring-id"):
    try:
        with open(path, encoding="ascii") as f:
            text = f.read(16)
    except FileNotFoundError:
        raise Refused(f"no keyring was made on this machine: there is no '{path}'") from None
    number = text[:-1]
    if not text.endswith("\n") or not (number == "-9" or number.isdigit()):
        raise Refused(f"'{path}' holds no number")
    keyring = int(number)
    answer = ctypes.create_string_buffer(256)
    n = LIBC.syscall(SYS_KEYCTL, KEYCTL_DESCRIBE, keyring, answer, len(answer))
    if n < 0 and ctypes.get_errno() != errno.EACCES:
        raise Refused(f"keyring {keyring}: {os.strerror(ctypes.get_errno())}")
    if n >= 0:
        kind, user = answer.value.decode().split(";")[:2]
        if kind != "keyring" or user != "0":
            raise Refused(f"{keyring} is a {kind} of user {user}, not a keyring of root")
    return keyring


class Attr:
    """union bpf_attr: bytes, and what pointers in them point to."""

    def __init__(self, size):
        self.raw, self.kept = ctypes.create_string_buffer(size), []

    def put(self, at, form, value):
        struct.pack_into("<" + form, self.raw, at, value)
        return self

    def point(self, at, data):
        """@data is bytes, or a buffer that the kernel writes into."""
        buffer = data if isinstance(data, ctypes.Array) else ctypes.create_string_buffer(data, len(data))
        self.kept.append(buffer)
        return self.put(at, "Q", ctypes.addressof(buffer))

    def name(self, at, text):
        return self.put(at, "16s", text)

    def call(self, command, what):
        r = LIBC.syscall(SYS_BPF, command, self.raw, len(self.raw))
        if r < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"cannot {what}: {errno.errorcode.get(code, code)}")
        return r


def make_map(loader, metadata):
    create = Attr(92).put(0, "I", 2).put(4, "I", 4).put(8, "I", len(metadata)).put(12, "I", 1)
    create.name(28, b"__loader.map").point(80, hashlib.sha256(loader).digest()).put(88, "I", 32)
    fd = create.call(MAP_CREATE, "make the map")
    Attr(32).put(0, "I", fd).point(8, bytes(4)).point(16, metadata).call(MAP_UPDATE, "fill the map")
    Attr(4).put(0, "I", fd).call(MAP_FREEZE, "freeze the map")
    info = Attr(104).point(88, bytes(32)).put(96, "I", 32)
    Attr(16).put(0, "I", fd).put(4, "I", 104).point(8, info.raw).call(GET_INFO, "have it digested")
    return fd


def try_load(parts, map_fd, keyring, signature, fd_array_cnt):
    attr = Attr(168).put(0, "I", 31).put(4, "I", len(parts["loader"]) // 8)
    attr.point(8, parts["loader"]).point(16, b"Dual BSD/GPL\0").put(44, "I", 16)
    attr.name(48, b"__loader.prog").point(120, struct.pack("<I", map_fd))
    attr.put(148, "I", fd_array_cnt).point(152, parts[signature])
    attr.put(160, "I", len(parts[signature])).put(164, "i", keyring)
    for _ in range(5):
        try:
            return attr.call(PROG_LOAD, "load the program")
        except BlockingIOError:
            pass
    return attr.call(PROG_LOAD, "load the program")


def load_loader(parts, map_fd, keyring):
    try:
        return try_load(parts, map_fd, keyring, "sig_metadata", 1)
    except OSError as first:
        if first.errno != errno.EKEYREJECTED:
            raise
        try:
            return try_load(parts, map_fd, keyring, "sig_insns", 0)
        except OSError as second:
            raise first if second.errno == errno.EACCES else second


def run_loader(loader_fd, n_maps, n_programs):
    size = 24 + 16 * n_maps + 4 * n_programs
    context = ctypes.create_string_buffer(struct.pack("<I", size), size)
    attr = Attr(80).put(0, "I", loader_fd).put(40, "I", size).point(48, context)
    attr.call(PROG_RUN, "run the loader")
    retval, = struct.unpack_from("<i", attr.raw, 4)
    if retval:
        raise OSError(-retval, f"the loader stopped: {errno.errorcode.get(-retval, retval)}")
    maps = [struct.unpack_from("<i", context, 24 + 16 * i)[0] for i in range(n_maps)]
    programs = struct.unpack_from(f"<{n_programs}i", context, 24 + 16 * n_maps)
    return maps, list(programs)


def load(parts, names):
    keyring = read_keyring_id()
    map_fd = make_map(parts["loader"], parts["metadata"])
    loader_fd = load_loader(parts, map_fd, keyring)
    fds = run_loader(loader_fd, len(names[0]), len(names[1]))
    os.close(loader_fd)
    os.close(map_fd)
    return [dict(zip(n, f)) for n, f in zip(names, fds)]


def run_once(fd):
    attr = Attr(80).put(0, "I", fd).put(8, "I", 64).point(16, bytes(64))
    attr.call(PROG_RUN, "run the program")
    return struct.unpack_from("<I", attr.raw, 4)[0]


def main(argv):
    check = argv[1:2] == ["--check"]
    argv = argv[1 + check:]
    if not 1 <= len(argv) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        parts, names = read_object(argv[0])
        if check:
            print("whole")
            return 0
        maps, programs = load(parts, names)
        for kind, made in (("map", maps), ("program", programs)):
            for name, fd in made.items():
                print(kind, name, "made" if fd > 0 else "missing")
        if len(argv) == 2:
            print(argv[1], "returned", run_once(programs[argv[1]]))
    except (Refused, OSError, struct.error, ValueError, IndexError) as e:
        print(f"loader.py: {argv[0]}: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

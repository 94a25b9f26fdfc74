#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tss2pem OUT BASE|PUB,PRIV [CHANGE...]: a TSS2 PRIVATE KEY file with fields as nobody here writes them.

It is built from another such file, or from the two blobs of tpm2_create. Changes: oid=N (the last
arc), parent=HEX (content of the INTEGER), field=HEX (a DER element before the parent, as often as
needed), tpmt (the public area without its size).
"""
import base64
import sys


def tlv(tag, body):
    n = len(body)
    if n < 128:
        head = bytes([n])
    else:
        head = bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + head + body


def take(data):
    n, at = data[1], 2
    if n & 0x80:
        at = 2 + (n & 0x7F)
        n = int.from_bytes(data[2:at], "big")
    return data[0], data[at:at + n], data[at + n:]


def read(path):
    text = open(path).read().split("-----")[2]
    rest = take(base64.b64decode(text))[1]
    parts = []
    while rest:
        _, body, rest = take(rest)
        parts.append(body)
    return parts[0], parts[-3], parts[-2], parts[-1]


def main(out, base, *changes):
    if "," in base:
        public, private = (open(f, "rb").read() for f in base.split(","))
        oid, parent = bytes.fromhex("6781050a0103"), bytes.fromhex("40000001")
    else:
        oid, parent, public, private = read(base)
    fields = b""
    for change in changes:
        name, _, value = change.partition("=")
        if name == "oid":
            oid = oid[:-1] + bytes([int(value)])
        elif name == "parent":
            parent = bytes.fromhex(value)
        elif name == "field":
            fields += bytes.fromhex(value)
        elif name == "tpmt":
            public = public[2:]
        else:
            raise SystemExit(f"tss2pem: no change '{change}'")
    body = tlv(6, oid) + fields + tlv(2, parent) + tlv(4, public) + tlv(4, private)
    text = base64.encodebytes(tlv(0x30, body)).decode()
    with open(out, "w") as f:
        f.write("-----BEGIN TSS2 PRIVATE KEY-----\n" + text + "-----END TSS2 PRIVATE KEY-----\n")


main(*sys.argv[1:])

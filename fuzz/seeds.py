#!/usr/bin/env python3
"""Writes fuzz/seeds/TARGET: what the original client sent, from tests/vectors/transcripts, cut for each target."""

import hashlib
import json
import pathlib
import shutil

ROOT = pathlib.Path(__file__).parent
VECTORS = ROOT / "../tests/vectors/transcripts"
HANDSHAKE = 68
REQUEST, REPLY, BUDDYCAST = 232, 231, 249
AUTHENTICATION = {253: 0, 252: 1, 251: 2}
NETWORKS = ROOT / "../crates/wire/tests/vectors"


def seed(target, data):
    folder = ROOT / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def frames(stream):
    while len(stream) >= 4:
        length = int.from_bytes(stream[:4], "big")
        body, stream = stream[4 : 4 + length], stream[4 + length :]
        if length and len(body) == length:
            yield body[0], body[1:]


def payload(data):
    """A reply's payload, under the id it came for and for the readers of its formats."""
    for target in ("any", "bencode", "encoding_a", "pickle", "inflate", "text"):
        seed(target, data)


def stream(data):
    handshake, rest = data[:HANDSHAKE], data[HANDSHAKE:]
    seed("handshake", handshake)
    seed("bittorrent", b"\7" + handshake)
    seed("frames", b"\7" + data[:20000])
    replies = {}
    for number, body in frames(rest):
        if number in AUTHENTICATION:
            seed("messages", bytes([AUTHENTICATION[number]]) + body)
        elif number == REQUEST:
            seed("messages", b"\4" + body)
            seed("engine", b"\7" + b"\0\1\x6a" + b"\4" + body[:3] + body[3:4] + bytes([min(255, len(body) - 4)]) + body[4:259] + b"\0")
            payload(body[4:])
        elif number == REPLY:
            seed("messages", b"\5" + body[:4096])
            key = body[:2]
            replies[key] = replies.get(key, b"") + body[4:]
            if body[2] == 0:
                whole = replies.pop(key)
                payload(whole)
                seed("reply", body[:1] + body[3:4] + whole)
        elif number == BUDDYCAST:
            for version in (3, 9, 11, 17):
                seed("messages", bytes([version << 3 | 6]) + body)
            seed("bencode", body)


def main():
    shutil.rmtree(ROOT / "seeds", ignore_errors=True)
    for file in sorted(VECTORS.glob("*.jsonl")):
        streams = {}
        for line in map(json.loads, file.read_text().splitlines()):
            if "hex" in line:
                key = line["conn"], line["dir"]
                streams[key] = streams.get(key, b"") + bytes.fromhex(line["hex"])
        for data in streams.values():
            stream(data)
    for file in [*ROOT.glob("../tests/bad/files/*.pem"), *ROOT.glob("../crates/wire/tests/cases/*"), *VECTORS.glob("keys/*")]:
        if file.is_file():
            seed("pickle" if file.suffix == ".pickle" else "identity", file.read_bytes())
    seed("target", b"127.0.0.1:7760")
    seed("target", b"MCowBQYDK2VwAyEAaiLa2m2toALOlJUn9vAnEtiRqrVmFG4JDGJ1l0o6yG4=@[::1]:7760\n")
    # A dialler and an acceptor of versions 17 and 18 that deliver everything, and then some disorder.
    for setup in range(4):
        for bits in (0b1010, 0b1111, 0b0101, 0b1110):
            for tail in (b"", b"\5\3abc", b"\6\xe8\5hello", b"\2\0\x30\1\0", b"\4\7\x20", b"\x09\0"):
                seed("session", bytes([setup, bits]) + b"\0" * 4 + b"\x08\0" + tail)
    for text in (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee", b"d1:ai1e1:bl1:xee", b"a2t1i41i2", b"\x80\x02]q\x01(K\x01K\x02\x86q\x02e."):
        payload(text)
        for number in range(1, 12):
            seed("reply", bytes([number, 0]) + text)
    for text in (
        b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe",
        b"d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
        b"d1:rd2:id20:0123456789abcdefghij5:nodes26:0123456789abcdefghij\x7f\0\0\1\x1a\xe1e1:t2:aa1:y1:re",
        b"d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
    ):
        seed("krpc", text)
    for body in (b"\x14\0d1:md6:ut_pexi1ee1:pi6881e1:v4:teste", b"\5\xff\xff", b"\4\0\0\0\1"):
        seed("bittorrent", b"\7" + len(body).to_bytes(4, "big") + body)
    seed("mse", b"\x60" + b"\7" * 96 + b"\xff" + b"\0" * 255)
    for file in ROOT.glob("../examples/*.toml"):
        seed("probe_file", file.read_bytes())
    seed("probe_file", b"id = 77\nname = 'X'\ndoc = 'd'\ndecoder = 'hex'\npayload = '{n} {text}'\n[[field]]\nname = 'n'\ntype = 'int'\ndefault = 1\n")
    seed("probe_file", b"id = 78\nname = 'Y'\ndoc = 'd'\ndecoder = 'zlib+json'\npayload_hex = '00{b}'\n[[field]]\nname = 'b'\ntype = 'bytes'\ndefault = '0a'\n")
    seed("text", "caf\u00e9 198.51.100.7:7000 \u202e\x1b[31m z\u0301\u0302\u0303".encode())
    seed("engine", b"\7\0\1\x6a\x0a\3\1\2\3\2\3\1\0\x3c\0\3\3\1\0\0\2hi\0\x10\0\x3c")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes fuzz/seeds/TARGET, cut for each target: what the original client sent (tests/vectors/transcripts), and what
BitTorrent clients answered (crates/wire/tests/clients), and what operators write and keep."""

import hashlib
import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).parent
HANDSHAKE = 68
REQUEST, REPLY, BUDDYCAST = 232, 231, 249
AUTHENTICATION = {253: 0, 252: 1, 251: 2}
CLIENTS = ROOT / "../crates/wire/tests/clients/recorded.json"


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


def files(pattern):
    """Those below the repository that fit; there must be some, or a folder has moved and the seeds are gone."""
    found = [file for file in sorted((ROOT / "..").glob(pattern)) if file.is_file()]
    if not found:
        sys.exit(f"fuzz/seeds.py: no file is {pattern}")
    return found


def frame(body):
    return len(body).to_bytes(4, "big") + body


def client(recorded):
    """What one BitTorrent client answered: its datagrams, and its side of a conversation."""
    for question in ("ping", "find_node", "get_peers", "sample", "canary"):
        if question in recorded:
            seed("krpc", recorded[question])
            # A lookup and a crawl whose first question meets this, after a moment.
            for machine in (b"\0", b"\1\0\2"):
                seed("lookup", machine + b"\x0a\0" + bytes([min(255, len(recorded[question]))]) + recorded[question][:255])
    if "utp" in recorded:
        seed("bittorrent", b"\7" + recorded["utp"])
    if "handshake" in recorded:
        said = b"".join(frame(b"\x14" + bytes([id]) + recorded[name]) for id, name in enumerate(("extension", "pex")) if name in recorded)
        seed("bittorrent", b"\7" + recorded["handshake"] + said)
        seed("bittorrent", b"\7" + said)
        flags = recorded["handshake"][25:26] + recorded["handshake"][27:28]
        seed("conversation", b"\1\x20" + flags + said)
        seed("conversation", b"\3\x40" + flags + b"\5aaaaa" + b"\0\0\0\0" + said)


def operator_files():
    """What operators write and keep: what the documents show of it, the themes, a session that was recorded."""
    for number, pattern in ((1, "themes/*.toml"), (2, "examples/*.keys")):
        for file in files(pattern):
            seed("small_file", bytes([number]) + file.read_bytes())
    for file in files("docs/*.md"):
        text = file.read_text()
        for block in re.findall(r"```toml\n(.*?)```", text, re.S):
            for number in (0, 1, 3, 6):
                seed("small_file", bytes([number]) + block.encode())
        for word in re.findall(r"`(/[^`]{3,40}/|[^`]*[a-z]:[^`]+)`", text):
            seed("filter", word.encode())
    for text in ("nat:sym -17 (version:18 | state:refused)", "reply:<5m bytes:>1MiB", "/^sym|9f3a/ marked:yes", '"a b" !c'):
        seed("filter", text.encode())
    for text in ("ids=3,9 min-frequency=60 until=2027-01-01 budget=10/h", "198.51.100.0/24\npermid x until 2030-01-01\n"):
        seed("small_file", b"\4" + text.encode())
        seed("small_file", b"\5" + text.encode())
    for file in files("fuzz/samples/recording.jsonl"):
        lines = file.read_bytes().splitlines(keepends=True)
        seed("recording", b"".join(lines))
        for line in lines:
            seed("recording", line)
    # A question and its reply, its failure, a note about it, a signal, a checkpoint.
    field = lambda number, value: bytes([number, len(value)]) + value
    asked = bytes([64, 5]) + field(0, b"peer") + field(1, b"198.51.100.7:7760") + field(4, b"3") + field(5, b"3600") + field(2, b"overlay")
    for end in (bytes([65, 3]) + field(14, b"1") + field(9, b"0") + field(12, b"d1:ai1ee"), bytes([66, 2]) + field(14, b"1") + field(9, b"254")):
        for rest in (b"", bytes([3, 2]) + field(15, b"1 1 2") + field(16, b"a \x1b[31mnote"), bytes([4, 1]) + field(22, b"{}") + b"\xff"):
            seed("case", b"\0\x40\1" + asked + end + rest)


def main():
    shutil.rmtree(ROOT / "seeds", ignore_errors=True)
    for file in files("tests/vectors/transcripts/*.jsonl"):
        streams = {}
        for line in map(json.loads, file.read_text().splitlines()):
            if "hex" in line:
                key = line["conn"], line["dir"]
                streams[key] = streams.get(key, b"") + bytes.fromhex(line["hex"])
        for data in streams.values():
            stream(data)
    for pattern in ("tests/bad/files/*.pem", "crates/wire/tests/cases/*", "tests/vectors/transcripts/keys/*"):
        for file in files(pattern):
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
    for recorded in json.loads(CLIENTS.read_text()).values():
        client({name: bytes.fromhex(hexadecimal) for name, hexadecimal in recorded.items()})
    # REACH on an open client, on one that forces encryption, and on a server that speaks first.
    for rungs, said in (b"\0\0\1\2\0\7\0\0", b""), (b"\0\0\2\7\0\7\0\0", b""), (b"\0\0\6\7\7\7\7\4", b"SSH-2.0-OpenSSH_9.2"):
        seed("conversation", b"\6\1" + rungs + said)
    # Nodes that answer in order, out of order, twice, damaged, by an error, and that fall silent.
    for kinds in (b"\x0e", b"\x0e\x0d\x0c", b"\x0e\x08\x09\x0b", b"\xff\x0e"):
        answers = b"".join(bytes([kinds[n % len(kinds)], n * 7 % 5, n % 20, n % 4, n, n + 9, n + 1, 40 + n]) for n in range(120))
        seed("lookup", b"\0\x2a" + answers)
        seed("lookup", b"\1\0\0" + answers)
    seed("mse", b"\x60" + b"\7" * 96 + b"\xff" + b"\0" * 255)
    seed("probe_file", b"id = 77\nname = 'X'\ndoc = 'd'\ndecoder = 'hex'\npayload = '{n} {text}'\n[[field]]\nname = 'n'\ntype = 'int'\ndefault = 1\n")
    seed("probe_file", b"id = 78\nname = 'Y'\ndoc = 'd'\ndecoder = 'zlib+json'\npayload_hex = '00{b}'\n[[field]]\nname = 'b'\ntype = 'bytes'\ndefault = '0a'\n")
    operator_files()
    seed("text", "caf\u00e9 198.51.100.7:7000 \u202e\x1b[31m z\u0301\u0302\u0303".encode())
    seed("engine", b"\7\0\1\x6a\x0a\3\1\2\3\2\3\1\0\x3c\0\3\3\1\0\0\2hi\0\x10\0\x3c")


if __name__ == "__main__":
    main()

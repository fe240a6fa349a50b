#!/usr/bin/env python3
"""Checks these pieces against the transcripts of the original (a directory as argument), and against each other."""

import json
import pathlib
import sys

import answers
import bencode
import encoding_a
import k233
import overlay17
from crawler17 import Crawler17
from overlay17 import CHALLENGE, CRAWLER_REPLY, CRAWLER_REQUEST, PART, RESPONSE1, RESPONSE2, Closed, Part, Request
from peer17 import Peer17, Script


def transcripts(directory):
    """(file, connection, direction -> bytes, keys' permids by role) of every connection."""
    index = json.loads((directory / "index.json").read_text())
    for path in sorted(directory.glob("*.jsonl")):
        conns = {}
        for line in map(json.loads, path.read_text().splitlines()):
            streams = conns.setdefault(line["conn"], {"c2s": b"", "s2c": b""})
            if "dir" in line:
                streams[line["dir"]] += bytes.fromhex(line["hex"])
        keys = {entry["conn"]: entry for entry in index.get(path.name, [])}
        for number, streams in conns.items():
            yield path.name, number, streams, keys.get(number, {})


def frames(stream):
    at = 0
    while at < len(stream):
        size = int.from_bytes(stream[at : at + 4], "big")
        assert at + 4 + size <= len(stream), "a frame is cut"
        yield stream[at + 4 : at + 4 + size]
        at += 4 + size


def check_transcript(directory, streams, keys):
    """Everything decodes, every signature verifies, and all of it encodes to the same bytes again."""
    hello = {}
    for way, stream in streams.items():
        if len(stream) >= 68 and stream[1:20] == overlay17.PROTOCOL[1:]:
            hello[way] = overlay17.Hello.decode(stream[:68])
            assert hello[way].encode() == stream[:68]
    if len(hello) < 2:
        return 0
    messages = [frame for stream in streams.values() for frame in frames(stream[68:])]
    auth = {frame[0]: bencode.decode(frame[1:]) for frame in messages if frame and frame[0] > 250}
    if RESPONSE2 in auth:
        check_authentication(directory, auth, hello, keys)
    for frame in messages:
        check_message(frame)
    return len(messages)


def check_authentication(directory, auth, hello, keys):
    dialler, acceptor = hello["c2s"].peer_id, hello["s2c"].peer_id
    mine, one, two = auth[CHALLENGE], auth[RESPONSE1], auth[RESPONSE2]
    assert one[b"B"] == dialler and two[b"A"] == acceptor and len(one[b"rA"]) == len(mine) == 1024
    assert k233.verify(one[b"certA"], bencode.encode([one[b"rA"], mine, dialler]), one[b"SA"])
    assert k233.verify(two[b"certB"], bencode.encode([mine, one[b"rA"], acceptor]), two[b"SB"])
    assert not k233.verify(two[b"certB"], bencode.encode([mine, one[b"rA"], dialler]), two[b"SB"])
    for role, permid in (("initiator key", two[b"certB"]), ("responder key", one[b"certA"])):
        if role in keys:
            pem = (directory / "keys" / keys[role]).read_text()
            key = k233.Key.from_pem(pem)
            assert key.permid == permid and key.to_pem() == pem


def check_message(frame):
    if not frame:
        return
    kind, body = frame[0], frame[1:]
    if kind > 250:
        assert bencode.encode(bencode.decode(body)) == body
    elif kind == CRAWLER_REQUEST:
        assert Request.decode(body).encode() == frame
    elif kind == CRAWLER_REPLY:
        part = Part.decode(body)
        assert part.encode() == frame
        if part.payload[:1] == b"a" and part.payload[:2].strip(b"a").isdigit() and part.left == 0:
            if not part.payload[1:3] in (b"1", b"2"):  # k_*: "a1" is text there
                assert encoding_a.encode(encoding_a.decode(part.payload)) == part.payload


def check_parts():
    expected = {0: [0], 1: [0], PART: [0], PART + 1: [1, 0], 2 * PART: [2, 0], 70000: [2, 1, 0]}
    expected |= {3 * PART: [3, 2, 0], 100000: [3, 2, 1, 0]}
    expected[300 * PART] = [255] * 46 + [*range(254, 1, -1), 0]  # the last part full
    expected[300 * PART - 1] = [255] * 45 + [*range(254, -1, -1)]  # and not full
    for size, left in expected.items():
        got = overlay17.parts_left(size)
        assert got == left, (size, got[:60])


def check_pair():
    """The scripted peer and the Crawler against each other."""
    replies = {
        1: answers.payload(300 * PART),
        2: answers.interleaved(0),
        3: answers.close_after(1, 70000),
        4: answers.slowly(0.05, answers.payload(70000)),
        6: answers.dial_back(answers.text("late")),
    }
    with Peer17(Script(replies=replies)) as peer, Crawler17(peer.address).listen() as crawler:
        reply = crawler.ask(1)
        assert reply.payload == answers.pattern(300 * PART) and len(reply.parts) == 300
        reply = crawler.ask(77)
        assert (reply.error, reply.payload) == (253, b"unknown message")
        assert crawler.ask(4).left == [2, 1, 0]
        try:
            crawler.ask(3)
            raise AssertionError("the peer did not close")
        except Closed:
            pass
        with crawler.dial() as conn:
            request = conn.ask(6)
            assert conn.wait_closed() == []
            with crawler.accept() as back:
                assert back.read_reply(request).payload == b"late" and back.permid == peer.key.permid
    with Peer17(Script(bytewise=True)) as peer:
        assert Crawler17(peer.address).ask(5).error == 253


def main():
    check_parts()
    check_pair()
    print("the peer and the Crawler agree")
    for directory in map(pathlib.Path, sys.argv[1:]):
        for name, number, streams, keys in transcripts(directory):
            try:
                count = check_transcript(directory, streams, keys)
            except Exception:
                print(f"FAILED {name} connection {number}")
                raise
            print(f"{name} connection {number}: {count} messages")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Records what real BitTorrent clients answer, for the tests of the parsers.

  record.py SOURCE NAME=ADDRESS:PORT:INFOHASH …  > recorded.json

SOURCE are two addresses to send from, with a comma: others than the clients' own. Run it where the clients are, after
they have met one another (a minute), with a torrent whose infohash may be known to everybody.
"""
import json
import os
import re
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ID = bytes(range(20))
PROTOCOL = b"\x13BitTorrent protocol"


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def udp(source, target, datagram, timeout=1.0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.settimeout(timeout)
        s.sendto(datagram, target)
        end = time.time() + timeout
        while time.time() < end:
            try:
                answer = s.recv(4096)
            except OSError:
                return None
            if b"1:y1:q" not in answer:  # some ping whoever asks, before they answer
                return answer
    return None


def krpc(source, target, name, arguments):
    query = {b"a": {b"id": ID, **arguments}, b"q": name, b"ro": 1, b"t": b"abcd", b"v": b"SW\x00\x01", b"y": b"q"}
    return udp(source, target, bencode(query))


def receive(s, length):
    data = b""
    while len(data) < length:
        more = s.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def dial(source, target, timeout):
    return socket.create_connection(target, timeout, (source, 0))


def greet(s, infohash, port):
    s.sendall(PROTOCOL + b"\0\0\0\0\0\x10\0\0" + infohash + b"-SW0001-" + os.urandom(12))
    handshake = receive(s, 68)
    payload = bencode({b"m": {b"ut_pex": 1}, b"p": port, b"v": b"swarmscope 0.1"})
    s.sendall(struct.pack(">IBB", len(payload) + 2, 20, 0) + payload)
    return handshake


def peer(source, target, infohash, wait):
    """The handshake, the extension handshake and the first PEX that isn't empty."""
    found = {}
    with dial(source, target, 5) as s:
        try:
            found["handshake"] = greet(s, infohash, 0)
            end = time.time() + wait
            while "pex" not in found and time.time() < end:
                s.settimeout(max(0.1, end - time.time()))
                frame = receive(s, struct.unpack(">I", receive(s, 4))[0])
                if frame[:2] == b"\x14\x00":
                    found["extension"] = frame[2:]
                if frame[:2] == b"\x14\x01" and re.search(rb"5:added[1-9]", frame):
                    found["pex"] = frame[2:]
        except (OSError, EOFError):
            pass
    return found


def record(name, where, sources):
    address, port, infohash = where.split(":")
    target, infohash = (address, int(port)), bytes.fromhex(infohash)
    source, other = sources
    # Another peer, so that there is one to tell of. uTP comes last: a second connection from one address is closed.
    with dial(other, target, 5) as companion:
        try:
            companion.settimeout(5)
            greet(companion, infohash, 6881)
        except (OSError, EOFError):
            pass
        found = peer(source, target, infohash, 75)
    found |= {
        "ping": krpc(source, target, b"ping", {}),
        "find_node": krpc(source, target, b"find_node", {b"target": bytes(20)}),
        "get_peers": krpc(source, target, b"get_peers", {b"info_hash": infohash, b"scrape": 1}),
        "sample": krpc(source, target, b"sample_infohashes", {b"target": bytes(20)}),
        "canary": krpc(source, target, b"swarmscope_canary", {}),
        "utp": udp(source, target, struct.pack(">BBHIIIHH", 0x41, 0, 4660, 0, 0, 0, 1, 0)),
    }
    print(name, {what: len(answer) for what, answer in found.items() if answer}, file=sys.stderr)
    return name, {what: answer.hex() for what, answer in found.items() if answer}


def main():
    sources, clients = sys.argv[1].split(","), [client.split("=") for client in sys.argv[2:]]
    with ThreadPoolExecutor() as pool:
        recorded = dict(pool.map(lambda client: record(*client, sources), clients))
    json.dump(recorded, sys.stdout, indent=1, sort_keys=True)
    print()


main()

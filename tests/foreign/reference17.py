#!/usr/bin/env python3
"""`peer` and `request` of the command line contract in Python, version 17 only: what the checks are checked with.

    run.py reference17.py

has to pass: a check that fails here is wrong, or the specification has two readings.
"""

import argparse
import base64
import fcntl
import json
import os
import pathlib
import signal
import socket
import sys
import threading
import time

import bencode
import encoding_a
import k233
import overlay17
import reference_peer
from k233 import Key
from overlay17 import Closed, Connection, Hello, Part, Quiet, Request, Violation

NAMES = "database seedingstats natcheck friendship_stats nattraversal videoplayback_info videoplayback_event repex"
NAMES = {name: number for number, name in enumerate((NAMES + " puncture channel usereventlog").split(), 1)}
ERRORS = {0: "success", 1: "handler error", 2: "no result", 253: "unknown message", 254: "frequency error"}
BUDGET, FLOOR = 64 << 20, 256
FRAME_MAX_BEFORE_AUTHENTICATION = 4096
NOT_BELIEVED = (Violation, bencode.BencodeError, k233.KeyError17)


class Ended(Exception):
    def __init__(self, code, phase, cause):
        self.code, self.phase, self.cause = code, phase, str(cause)


def say(**event):
    print(json.dumps(event), flush=True)


class Asking:
    """One request, from the dial to the last part."""

    def __init__(self, options):
        self.options = options
        self.key = Key.from_pem(pathlib.Path(options.legacy_identity).read_text())
        permid, _, address = options.target.rpartition("@")
        self.pinned = base64.b64decode(permid) if permid else None
        host, port = address.rsplit(":", 1)
        self.address = (host, int(port))
        self.listener = None
        if options.listen:
            host, port = options.listen.rsplit(":", 1)
            self.listener = socket.create_server((host, int(port)))
        self.parts, self.charged = [], 0

    @property
    def hello(self):
        lowest = 7 if self.options.overlay_version == 18 else 2
        return Hello(self.listener.getsockname()[1] if self.listener else 0, lowest, self.options.overlay_version)

    def run(self):
        conn = self.connect()
        channel = 1 + int(time.time() * 1000) % 255
        self.request = Request(message_id(self.options.message), channel, self.options.frequency, self.payload())
        self.sent = time.monotonic()
        self.until = self.sent + self.options.timeout
        try:
            conn.send_frame(self.request.encode())
            return self.read(conn)
        except (Closed, Violation) as error:
            if not self.listener or isinstance(error, Violation):
                raise Ended(5, "reply", error) from None
        return self.wait_for_dial_back(conn.permid)

    def connect(self):
        started = time.monotonic()
        try:
            conn = overlay17.connect(self.address, self.hello)
        except Closed as error:
            raise Ended(3, "connect", error) from None
        try:
            conn.shake_as_dialler()
            self.check_hello(conn)
            conn.frame_max, conn.shortest_signature = FRAME_MAX_BEFORE_AUTHENTICATION, 0
            conn.authenticate_as_dialler(self.key, self.pinned, own=self.key.permid)
            conn.frame_max = overlay17.FRAME_MAX
        except (Closed, Quiet, *NOT_BELIEVED) as error:
            conn.close()
            raise Ended(4, "authenticate", error) from None
        if not self.pinned:
            print("no permid was pinned: the peer could relay this", file=sys.stderr)
        permid = base64.b64encode(conn.permid).decode()
        version = min(conn.theirs.current, self.options.overlay_version, 17)
        rtt = int((time.monotonic() - started) * 1000)
        say(event="connected", permid=permid, version=version, transport="legacy", rtt_ms=rtt)
        return conn

    def check_hello(self, conn):
        lowest, current = conn.theirs.lowest, conn.theirs.current
        if current < 7 or lowest > self.options.overlay_version:
            raise Violation(f"versions {lowest} to {current}")
        if conn.theirs.port != self.address[1]:
            raise Violation("another listening port")

    def payload(self):
        text = self.options.payload or ""
        kind, _, rest = text.partition(":")
        if text.startswith("@"):
            return pathlib.Path(text[1:]).read_bytes()
        return bytes.fromhex(rest) if kind == "hex" else (rest if kind == "text" else text).encode()

    def read(self, conn):
        while True:
            left = self.until - time.monotonic()
            try:
                if left <= 0:
                    raise Quiet("time is up")
                part = conn.read_any_part(left)
            except Quiet as error:
                raise Ended(6, "reply", error) from None
            if (part.message_id, part.channel) != (self.request.message_id, self.request.channel):
                continue
            self.take(part)
            if part.left == 0:
                return self.finish()

    def take(self, part):
        self.charged += max(FLOOR, len(part.payload))
        if self.charged > BUDGET:
            raise Ended(5, "reply", "the reply is longer than 64 MiB")
        self.parts.append(part)
        at = int((time.monotonic() - self.sent) * 1000)
        say(event="part", index=len(self.parts) - 1, bytes=len(part.payload), parts_left=part.left, at_ms=at)

    def finish(self):
        payload, error = b"".join(part.payload for part in self.parts), self.parts[-1].error
        decoded, readable = decode(self.request.message_id, payload) if error == 0 else (None, True)
        event = {"message_id": self.request.message_id, "channel": self.request.channel, "error": error}
        event |= {"error_name": ERRORS.get(error, f"error {error}"), "bytes": len(payload), "parts": len(self.parts)}
        event |= {"elapsed_ms": int((time.monotonic() - self.sent) * 1000), "decoded": decoded}
        say(event="reply", payload_base64=base64.b64encode(payload).decode(), **event)
        if not self.options.json:
            shown = payload.decode("latin-1") if decoded is None else str(decoded)
            shown = "".join(c if c.isprintable() else "." for c in shown)
            sys.__stdout__.write(shown + "\n")
        if self.options.out:
            pathlib.Path(self.options.out).write_bytes(payload)
        return {0: 0 if readable else 13, 253: 11, 254: 10}.get(error, 12)

    def wait_for_dial_back(self, permid):
        while True:
            self.listener.settimeout(max(0.01, self.until - time.monotonic()))
            try:
                sock, _ = self.listener.accept()
            except TimeoutError:
                raise Ended(6, "reply", "nobody dialled back") from None
            conn = Connection(sock, self.hello)
            try:
                conn.shake_as_acceptor()
                conn.authenticate_as_acceptor(self.key)
                if conn.permid == permid:
                    return self.read(conn)
            except (Closed, Quiet, *NOT_BELIEVED):
                continue


def decode(number, payload):
    """(what it says, whether it could be read)"""
    try:
        if number == 3:
            return repr(bencode.decode(payload)), True
        if number == 1 and payload[:1] != b"\x80":
            return repr(encoding_a.decode(payload)), True
    except (bencode.BencodeError, encoding_a.EncodingError):
        return None, False
    return None, True


def message_id(text):
    return int(text) if text.isdigit() else NAMES[text.lower().removesuffix("_query")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    request, peer = commands.add_parser("request"), commands.add_parser("peer")
    for name in ("target", "message"):
        request.add_argument(name)
    request.add_argument("payload", nargs="?")
    request.add_argument("--frequency", type=int, default=3600)
    request.add_argument("--timeout", type=float, default=30)
    request.add_argument("--out")
    peer.add_argument("--allow", action="append", default=[])
    peer.add_argument("--allow-file")
    peer.add_argument("--data")
    for command in (request, peer):
        command.add_argument("--listen")
        command.add_argument("--legacy-identity")
        command.add_argument("--overlay-version", type=int, default=18)
        command.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.command == "peer":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(130))
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
        reference_peer.Peer(options).run()
    if not options.json:
        globals()["say"] = lambda **event: None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(130))
    lock = open(options.legacy_identity or __file__)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("warning: this identity is in use", file=sys.stderr)
    try:
        if not options.legacy_identity:
            raise Ended(4, "version", "no legacy identity for a version-17 peer")
        sys.exit(Asking(options).run())
    except Ended as end:
        say(event="failure", phase=end.phase, cause=end.cause, code=f"E{end.code}", hint="look at the peer")
        print(end.cause, file=sys.stderr)
        sys.exit(end.code)


if __name__ == "__main__":
    main()

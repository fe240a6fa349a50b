#!/usr/bin/env python3
"""A scripted version-17 peer. In a test: `Peer17(Script(...))`. By hand:

    peer17.py --listen 127.0.0.1:7760 --reply 3:text:hello --reply 1:size:70000 --reply 5:silent

prints a JSON line for everything it sees; the first one names its address and permid.
`answers.BY_NAME` lists what can follow `--reply ID:`.
"""

import argparse
import json
import socket
import sys
import threading
import time
from dataclasses import dataclass, field

import answers
import overlay17
from k233 import Key
from overlay17 import Closed, Connection, Hello, Quiet, Request, Twist, Violation


@dataclass
class Script:
    """What the peer does. The defaults are an honest peer that knows no message-specific id."""

    key: Key = None
    lowest: int = 2
    current: int = 17
    announce_port: int = None  # the listening port unless the script lies
    infohash: bytes = overlay17.OVERLAY_INFOHASH
    protocol: bytes = overlay17.PROTOCOL
    hello_bytes: int = overlay17.HANDSHAKE_BYTES  # fewer: the handshake breaks off there
    after_hello: str = "go on"  # or "close", or "silent"
    after_authentication: str = "go on"  # or "close", or "silent"
    instead_of_response1: bytes = None  # a whole frame, length and all
    twist: Twist = field(default_factory=Twist)
    bytewise: bool = False
    first_frames: list = field(default_factory=list)  # sent right after authentication
    replies: dict = field(default_factory=dict)  # message-specific id -> function of answers.py
    otherwise: callable = field(default_factory=answers.unknown_message)


class Peer17:
    """Listens on loopback until closed; `seen` holds what happened, in order."""

    def __init__(self, script, address=("127.0.0.1", 0), note=None):
        self.script, self.seen, self.print = script, [], note
        self.key = script.key or Key()
        self.listener = socket.create_server(address, backlog=16)
        self.address = self.listener.getsockname()
        self.connections, self.closing = [], False
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def target(self):
        return f"{self.key.base64}@{self.address[0]}:{self.address[1]}"

    @property
    def unpinned(self):
        return f"{self.address[0]}:{self.address[1]}"

    def close(self):
        self.closing = True
        for thing in (self.listener, *self.connections):
            thing.close()

    def note(self, **event):
        self.seen.append({"at": time.monotonic(), **event})
        if self.print:
            self.print(event)

    def events(self, name):
        return [event for event in list(self.seen) if event["event"] == name]

    def wait_for(self, name, timeout=5.0, count=1):
        """Waits until the event has been seen `count` times; the last of them, or None."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if len(self.events(name)) >= count:
                return self.events(name)[count - 1]
            time.sleep(0.01)
        return None

    # --- one connection ---

    def accept(self):
        while not self.closing:
            try:
                sock, source = self.listener.accept()
            except OSError:
                return
            self.note(event="accepted", source=source[1])
            threading.Thread(target=self.serve, args=(sock, source), daemon=True).start()

    def hello(self):
        script = self.script
        port = self.address[1] if script.announce_port is None else script.announce_port
        return Hello(port, script.lowest, script.current, script.infohash, protocol=script.protocol)

    def serve(self, sock, source):
        conn = Connection(sock, self.hello(), 60.0, self.script.bytewise, self.note)
        self.connections.append(conn)
        try:
            self.converse(conn, source[0])
        except (Closed, Quiet, Violation) as end:
            self.note(event="ended", why=type(end).__name__, text=str(end))
        finally:
            conn.close()

    def converse(self, conn, host):
        script = self.script
        if not self.shake(conn):
            return
        if script.instead_of_response1 is not None:
            conn.read_message(overlay17.CHALLENGE)
            conn.send(script.instead_of_response1)
        else:
            conn.authenticate_as_acceptor(self.key, script.twist)
            self.note(event="authenticated", permid=conn.permid)
        if script.after_authentication == "close":
            return
        for body in script.first_frames:
            conn.send_frame(body)
        while True:
            kind, body = conn.read_frame()
            if kind == overlay17.CRAWLER_REQUEST and script.after_authentication != "silent":
                self.answer(conn, Request.decode(body), host)

    def shake(self, conn):
        """The acceptor's handshake, as far as the script lets it go."""
        script = self.script
        if script.hello_bytes == 0 and script.after_hello == "close":
            return False
        conn.fill(overlay17.ACCEPTOR_ANSWERS_AT)
        conn.send(conn.mine.encode()[: script.hello_bytes])
        conn.read_hello()
        if script.after_hello == "silent":
            conn.wait_closed(60.0)
        return script.after_hello == "go on"

    def answer(self, conn, request, host):
        self.note(event="request", request=request, permid=conn.permid, port=conn.theirs.port)
        reply = self.script.replies.get(request.message_id, self.script.otherwise)
        self.run(conn, reply(request), (host, conn.theirs.port), conn.permid)

    def run(self, conn, steps, crawler, permid):
        closed = False
        for step in steps:
            match step:
                case ("part", part):
                    conn.send_frame(part.encode())
                case ("send", body):
                    conn.send_frame(body)
                case ("raw", data):
                    conn.send(data)
                case ("wait", seconds):
                    time.sleep(seconds)
                case ("close",):
                    conn.close()
                    closed = True
                case ("reset",):
                    conn.reset()
                    closed = True
                case ("half-close",):
                    conn.sock.shutdown(socket.SHUT_WR)
                case ("dial", inner):
                    self.dial(self.key, inner, crawler, permid)
                case ("dial as", key, inner):
                    self.dial(key, inner, crawler, permid)
        if closed:
            raise Closed("by the script")

    def dial(self, key, steps, crawler, permid):
        """Delivers over a connection of our own; the Crawler has to be the one that asked."""
        try:
            conn = overlay17.dial(crawler, key, self.hello(), expect=permid, note=self.note)
        except (Closed, Quiet, Violation) as end:
            self.note(event="dial failed", why=type(end).__name__, text=str(end))
            return
        self.connections.append(conn)
        self.note(event="dialled", port=crawler[1])
        try:
            self.run(conn, steps, crawler, permid)
            conn.wait_closed(5.0)
        except (Closed, Quiet):
            pass
        finally:
            conn.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="ADDR:PORT")
    parser.add_argument("--key", metavar="FILE", help="SEC1 PEM on sect233k1; a new key without it")
    parser.add_argument("--versions", default="2:17", metavar="LOWEST:CURRENT")
    parser.add_argument("--announce-port", type=int, metavar="PORT")
    parser.add_argument("--bytewise", action="store_true", help="send every byte in a segment of its own")
    parser.add_argument("--noise", action="store_true", help="send messages of types 239, 244 and 240 first")
    parser.add_argument("--reply", action="append", default=[], metavar="ID:WHAT")
    options = parser.parse_args()
    host, port = options.listen.rsplit(":", 1)
    lowest, current = map(int, options.versions.split(":"))
    replies = {int(words.split(":")[0]): answers.named(words.split(":", 1)[1]) for words in options.reply}
    script = Script(
        key=Key.from_pem(open(options.key).read()) if options.key else None,
        lowest=lowest,
        current=current,
        announce_port=options.announce_port,
        bytewise=options.bytewise,
        first_frames=[bytes([239]) + b"de", bytes([244]), bytes([240])] if options.noise else [],
        replies=replies,
    )

    def show(event):
        print(json.dumps({key: readable(value) for key, value in event.items()}), flush=True)

    with Peer17(script, (host, int(port)), show) as peer:
        show({"event": "listening", "addr": peer.unpinned, "permid": peer.key.base64})
        for _ in sys.stdin:
            pass
        threading.Event().wait()


def readable(value):
    if isinstance(value, bytes):
        return value.hex()
    return {**vars(value), "payload": value.payload.hex()} if isinstance(value, Request) else value


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

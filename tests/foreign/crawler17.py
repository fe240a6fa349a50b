#!/usr/bin/env python3
"""A version-17 Crawler. In a test: `Crawler17(address)`. By hand:

    crawler17.py 127.0.0.1:7760 3 --key crawler.pem
    crawler17.py 127.0.0.1:7760 1 "SELECT 1" --frequency 0 --key crawler.pem
"""

import argparse
import socket
import sys
import time

import overlay17
from k233 import Key
from overlay17 import Closed, Connection, Hello, Quiet, Twist, Violation


class Crawler17:
    """Somebody with a key and, where it wants to be dialled back, a listening port."""

    def __init__(self, address, key=None, timeout=10.0):
        self.address, self.key, self.timeout = address, key or Key(), timeout
        self.listener = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_listening()

    # --- outgoing ---

    def dial(self, port=None, twist=None, bytewise=False, **hello):
        """An authenticated connection. The announced port is the one listened on, else 0."""
        hello = Hello(port=self.port if port is None else port, **hello)
        return overlay17.dial(self.address, self.key, hello, twist=twist, timeout=self.timeout, bytewise=bytewise)

    def shake(self, port=0, **hello):
        """A connection after the handshake, before authentication."""
        return overlay17.dial_and_shake(self.address, Hello(port=port, **hello), self.timeout)

    def connect(self, **hello):
        """A connection on which nothing has been said."""
        return overlay17.connect(self.address, Hello(**hello), self.timeout)

    def ask(self, message_id, payload=b"", frequency=0, timeout=None):
        """One request on a connection of its own."""
        with self.dial() as conn:
            return conn.read_reply(conn.ask(message_id, payload, frequency), timeout)

    # --- incoming ---

    @property
    def port(self):
        return self.listener.getsockname()[1] if self.listener else 0

    def listen(self, port=0):
        self.listener = socket.create_server((self.address[0], port), backlog=16)
        return self

    def stop_listening(self):
        if self.listener:
            self.listener.close()
        self.listener = None

    def accept_raw(self, timeout):
        """A connection that somebody dialled, before a byte was said; Quiet where nobody comes."""
        self.listener.settimeout(timeout)
        try:
            sock, _ = self.listener.accept()
        except TimeoutError:
            raise Quiet(f"nobody dialled port {self.port} for {timeout} s") from None
        return Connection(sock, Hello(port=self.port), self.timeout)

    def accept(self, timeout=10.0, key=None, twist=None):
        """A connection that somebody dialled and authenticated on; `key` answers in our place."""
        conn = self.accept_raw(timeout)
        try:
            conn.shake_as_acceptor()
            conn.authenticate_as_acceptor(key or self.key, twist or Twist())
        except Exception:
            conn.close()
            raise
        return conn

    def nobody_dials(self, seconds):
        """True if no connection comes in that time."""
        try:
            self.accept_raw(seconds).close()
        except Quiet:
            return True
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("message_id", type=int)
    parser.add_argument("payload", nargs="?", default="")
    parser.add_argument("--frequency", type=int, default=3600)
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("--key", metavar="FILE", help="SEC1 PEM on sect233k1; a new key without it")
    options = parser.parse_args()
    host, port = options.address.rsplit(":", 1)
    key = Key.from_pem(open(options.key).read()) if options.key else None
    crawler = Crawler17((host, int(port)), key)
    print(f"permid {crawler.key.base64}", file=sys.stderr)
    started = time.monotonic()
    try:
        reply = crawler.ask(options.message_id, options.payload.encode(), options.frequency, options.timeout)
    except (Closed, Quiet, Violation) as end:
        sys.exit(f"{type(end).__name__}: {end}")
    took = time.monotonic() - started
    print(f"error {reply.error}, {len(reply.payload)} bytes, parts left {reply.left}, {took:.2f} s", file=sys.stderr)
    sys.stdout.buffer.write(reply.payload + b"\n")


if __name__ == "__main__":
    main()

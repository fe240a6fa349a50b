"""`reference17.py peer`: the peer side of the protocol in Python, to check the checks with."""

import json
import os
import pathlib
import socket
import sqlite3
import sys
import threading
import time

import bencode
import encoding_a
import k233
import overlay17
from k233 import Key
from overlay17 import BUDDYCAST, CRAWLER_REQUEST, FREQUENCY_ERROR, UNKNOWN_MESSAGE
from overlay17 import Closed, Connection, Hello, Quiet, Request, Violation

TABLES = "Peer (a)", "Torrent (a)", "VoteCast (a)", "ChannelCast (publisher_id)"
GOSSIP = {"ip": "127.0.0.1", "name": "", "preferences": [], "taste buddies": [], "random peers": [], "connectable": 0}
GOSSIP |= {"collected torrents": [], "npeers": 0, "nfiles": 0, "ndls": 0, "services": 0}
BUDDYCAST_MAX, FLEXIBILITY, ROWS_MAX, BYTES_MAX, SECONDS_MAX = 10240, 5, 100_000, 64 << 20, 10


class Refused(Exception):
    """A statement that is not served; the text goes into the reply."""


class Peer:
    def __init__(self, options):
        self.options = options
        self.key = Key.from_pem(pathlib.Path(options.legacy_identity).read_text())
        self.allowed = {k233.base64.b64decode(text) for text in options.allow}
        try:
            for permid in self.allowed:
                if len(permid) != 44:  # an Ed25519 permid may be on the list, and is of no use here
                    k233.point_of(permid)
        except k233.KeyError17 as error:
            sys.exit(f"--allow: {error}")
        host, port = options.listen.rsplit(":", 1)
        self.listener = socket.create_server((host, int(port)), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.accepted, self.open, self.pending, self.lock = {}, [], {}, threading.Lock()
        self.due = []
        if options.data and not os.path.exists(options.data):
            with sqlite3.connect(options.data) as database:
                for table in TABLES:
                    database.execute(f"CREATE TABLE {table}")

    def run(self):
        addr = "{}:{}".format(*self.listener.getsockname())
        event = {"event": "listening", "addr": addr, "permid": None, "legacy_permid": self.key.base64}
        print(json.dumps(event), flush=True)
        threading.Thread(target=self.dial_back_periodically, daemon=True).start()
        while True:
            sock, _ = self.listener.accept()
            conn = Connection(sock, Hello(self.port, 2, self.options.overlay_version), 300)
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def is_allowed(self, permid):
        if not self.options.allow_file:
            return permid in self.allowed
        lines = pathlib.Path(self.options.allow_file).read_text().splitlines()
        texts = [line.split("#")[0].strip() for line in lines]
        return permid in self.allowed | {k233.base64.b64decode(text) for text in texts if text}

    # --- one connection ---

    def serve(self, conn):
        try:
            self.shake(conn)
            conn.frame_max, conn.shortest_signature = 4096, 0
            conn.authenticate_as_acceptor(self.key)
            conn.frame_max = overlay17.FRAME_MAX
            self.converse(conn)
        except (Closed, Quiet, Violation, bencode.BencodeError, k233.KeyError17):
            pass
        finally:
            self.forget(conn)

    def shake(self, conn):
        """48 bytes within 15 s whatever trickles in, then our handshake, then the versions."""
        conn.timeout, mine = 15, overlay17.PROTOCOL
        conn.fill(48)
        if not bytes(conn.buffer).startswith(mine) or conn.buffer[28:48] != bytes(20):
            raise Violation("not the overlay")
        conn.send(conn.mine.encode())
        conn.read_hello()
        if conn.theirs.current <= 2 or conn.theirs.lowest > 17:
            raise Violation("versions")
        conn.timeout = 300

    def converse(self, conn):
        if conn.permid == self.key.permid:
            raise Violation("our own permid")
        with self.lock:
            self.open.append(conn)
        while True:
            kind, body = conn.read_frame()
            if kind == BUDDYCAST:
                self.gossip(conn, body)
            elif kind == CRAWLER_REQUEST:
                if not self.is_allowed(conn.permid) or min(conn.theirs.current, 17) < 7:
                    raise Violation("not served")
                request = Request.decode(body)
                print(json.dumps({"event": "asked", "message_id": request.message_id}), flush=True)
                self.answer(conn, request)

    def forget(self, conn):
        with self.lock:
            if conn in self.open:
                self.open.remove(conn)
        conn.close()

    def gossip(self, conn, body):
        fields = bencode.decode(body) if len(body) <= BUDDYCAST_MAX else {}
        for name in (b"ip", b"port", b"services", b"name", b"preferences", b"taste buddies", b"random peers"):
            if name not in fields:
                raise Violation(f"no {name!r}")
        for name in (b"taste buddies", b"random peers"):
            if not isinstance(fields[name], list) or len(fields[name]) > 10:
                raise Violation(f"bad {name!r}")
        conn.send_frame(bytes([BUDDYCAST]) + bencode.encode(GOSSIP | {"port": self.port}))

    # --- requests ---

    def answer(self, conn, request):
        if request.message_id not in (1, 3):
            return send(conn, request, b"unknown message", UNKNOWN_MESSAGE)
        now = time.monotonic()
        with self.lock:
            last = self.accepted.get(request.message_id, float("-inf"))
            if not last + request.frequency < now + FLEXIBILITY:
                return send(conn, request, b"frequency error", FREQUENCY_ERROR)
            self.accepted[request.message_id] = now
            self.pending[request.message_id] = conn.permid
        threading.Thread(target=self.work, args=(conn, request), daemon=True).start()

    def work(self, conn, request):
        error, payload = 0, b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee"
        if request.message_id == 1:
            error, payload = self.query(request.payload)
        self.due.append((time.monotonic() + request.frequency + FLEXIBILITY, conn))
        with self.lock:
            live = [other for other in self.open if other.permid == conn.permid]
            latest = self.pending[request.message_id] == conn.permid
        route = conn if conn in live else live[0] if live else None
        try:
            if route:
                send(route, request, payload, error)
            elif latest and conn.theirs.port and self.is_allowed(conn.permid):
                self.dial_back(conn, lambda back: send(back, request, payload, error))
        except (Closed, Quiet, Violation):
            pass

    def dial_back(self, crawler, then=lambda conn: None):
        address = (crawler.host, crawler.theirs.port)
        mine = Hello(self.port, 2, self.options.overlay_version)
        conn = overlay17.dial(address, self.key, mine, expect=crawler.permid)
        try:
            then(conn)
            self.converse(conn)
        finally:
            self.forget(conn)

    def dial_back_periodically(self):
        while True:
            time.sleep(0.5)
            for entry in [entry for entry in self.due if entry[0] < time.monotonic()]:
                self.due.remove(entry)
                crawler = entry[1]
                if any(conn.permid == crawler.permid for conn in self.open) or not crawler.theirs.port:
                    continue
                threading.Thread(target=self.try_dial_back, args=(crawler,), daemon=True).start()

    def try_dial_back(self, crawler):
        try:
            self.dial_back(crawler)
        except (Closed, Quiet, Violation):
            pass

    # --- SQL ---

    def query(self, payload):
        path = self.options.data or ":memory:"
        try:
            with sqlite3.connect(f"file:{path}?mode=ro" if self.options.data else path, uri=True) as database:
                return 0, encoding_a.encode(rows_of(database, payload.decode()))
        except (sqlite3.Error, sqlite3.Warning, ValueError, Refused) as error:
            return 1, f"SQLError: {error}".encode()


def rows_of(database, script):
    database.set_authorizer(permit)
    end = time.monotonic() + SECONDS_MAX
    database.set_progress_handler(lambda: time.monotonic() > end, 10_000)
    rows, size = [], 0
    for statement in filter(str.strip, script.split(";")):
        try:
            for row in database.execute(statement):
                rows.append(row)
                size += sum(len(value) if isinstance(value, (str, bytes)) else 8 for value in row)
                if len(rows) > ROWS_MAX or size > BYTES_MAX:
                    raise Refused(f"more than {ROWS_MAX} rows or 64 MiB")
        except sqlite3.OperationalError as error:
            raise Refused(f"{error} (10 s a request)") from None
    return rows


def permit(action, *_):
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in allowed and "load_extension" not in _ else sqlite3.SQLITE_DENY


def send(conn, request, payload, error=0):
    for part in overlay17.cut(request, payload, error):
        conn.send_frame(part.encode())

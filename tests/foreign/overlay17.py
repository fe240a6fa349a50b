"""One connection of the overlay, version 17: handshake, frames, authentication in both roles, crawler messages.

Written from the specification and from transcripts of the original alone. What a test wants to do wrong goes
through `Twist`; everything else is as the original does it.
"""

import os
import random
import socket
import string
import struct
import time
from dataclasses import dataclass, field

import bencode
import k233

PROTOCOL = b"\x13BitTorrent protocol"
RESERVED = bytes.fromhex("0000000000300000")
OVERLAY_INFOHASH = bytes(20)
HANDSHAKE_BYTES = 68
ACCEPTOR_ANSWERS_AT = 48
CHALLENGE_BYTES = 1024
FRAME_MAX = 1 << 23
PART = 32768
ORIGINAL_SHORTEST = 63  # the original takes no message with a shorter signature, so nobody may send one

CHALLENGE, RESPONSE1, RESPONSE2, BUDDYCAST = 253, 252, 251, 249
KEEP_ALIVE, CRAWLER_REQUEST, CRAWLER_REPLY = 240, 232, 231
DIALBACK_REQUEST, DIALBACK_REPLY, SOCIAL_OVERLAP = 244, 243, 239
RETURN_INFOHASH = bytes(19) + b"\x01"
UNKNOWN_MESSAGE, FREQUENCY_ERROR = 253, 254


class Closed(Exception):
    """The other side closed the connection, or reset it."""


class Quiet(Exception):
    """Nothing came in the time that was given."""


class Violation(Exception):
    """The other side broke the protocol."""


@dataclass
class Hello:
    """What a side says of itself in its 68 bytes."""

    port: int = 0
    lowest: int = 2
    current: int = 17
    infohash: bytes = OVERLAY_INFOHASH
    reserved: bytes = RESERVED
    protocol: bytes = PROTOCOL
    prefix: bytes = field(default_factory=lambda: b"R539-----" + printable(5))

    @property
    def peer_id(self):
        return self.prefix + struct.pack("<HHH", self.port, self.lowest, self.current)

    def encode(self):
        return self.protocol + self.reserved + self.infohash + self.peer_id

    @classmethod
    def decode(cls, data):
        if len(data) != HANDSHAKE_BYTES:
            raise Violation(f"handshake of {len(data)} bytes")
        port, lowest, current = struct.unpack("<HHH", data[62:])
        return cls(port, lowest, current, data[28:48], data[20:28], data[:20], data[48:62])

    def check(self):
        if self.protocol != PROTOCOL or self.infohash != OVERLAY_INFOHASH:
            raise Violation(f"not the overlay's handshake: {self.protocol!r} {self.infohash.hex()}")


def printable(count):
    return "".join(random.choices(string.ascii_letters + string.digits + ".-", k=count)).encode()


@dataclass
class Twist:
    """What to do wrong in authentication: each function gets what would be sent and returns what is sent."""

    challenge: callable = lambda raw: raw
    response1: callable = lambda fields: fields
    response1_bytes: callable = lambda raw: raw
    response2: callable = lambda fields: fields
    response2_bytes: callable = lambda raw: raw
    sign: callable = lambda key, message: key.sign(message)


@dataclass
class Request:
    """CRAWLER_REQUEST, §4."""

    message_id: int
    channel: int
    frequency: int
    payload: bytes

    @classmethod
    def decode(cls, body):
        if len(body) < 4:
            raise Violation(f"a request of {len(body) + 1} bytes")
        return cls(body[0], body[1], struct.unpack(">H", body[2:4])[0], body[4:])

    def encode(self):
        return struct.pack(">BBBH", CRAWLER_REQUEST, self.message_id, self.channel, self.frequency) + self.payload


@dataclass
class Part:
    """CRAWLER_REPLY, §4: one part of a reply."""

    message_id: int
    channel: int
    left: int
    error: int
    payload: bytes

    @classmethod
    def decode(cls, body):
        if len(body) < 4:
            raise Violation(f"a reply of {len(body) + 1} bytes")
        return cls(*body[:4], body[4:])

    def encode(self):
        return bytes([CRAWLER_REPLY, self.message_id, self.channel, self.left, self.error]) + self.payload


def parts_left(size):
    """The parts-left bytes of a payload of `size` bytes."""
    left = []
    while size > PART:
        left.append(min(255, size // PART))
        size -= PART
    return left + [0]


def cut(request, payload, error=0):
    """The reply to `request` in parts, each carrying the error byte."""
    return [
        Part(request.message_id, request.channel, left, error, payload[i * PART : (i + 1) * PART])
        for i, left in enumerate(parts_left(len(payload)))
    ]


class Connection:
    """A socket with the overlay's frames on it. All waits are bounded."""

    def __init__(self, sock, mine, timeout=10.0, bytewise=False, note=lambda **event: None):
        self.sock, self.mine, self.timeout, self.bytewise, self.note = sock, mine, timeout, bytewise, note
        self.host = host_of(sock)
        self.theirs = self.permid = None
        self.frame_max = FRAME_MAX
        self.shortest_signature = ORIGINAL_SHORTEST
        self.buffer = bytearray()
        self.received = 0
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # --- bytes ---

    def send(self, raw):
        pieces = [raw[i : i + 1] for i in range(len(raw))] if self.bytewise else [raw]
        try:
            self.sock.settimeout(self.timeout)
            for piece in pieces:
                self.sock.sendall(piece)
        except TimeoutError:
            raise Quiet(f"took no more bytes for {self.timeout} s") from None
        except OSError as error:
            raise Closed(f"while sending: {error}") from None

    def fill(self, size, timeout=None):
        """Waits until `size` bytes are in the buffer."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while len(self.buffer) < size:
            try:
                self.sock.settimeout(max(0.001, end - time.monotonic()))
                piece = self.sock.recv(1 << 16)
            except TimeoutError:
                raise Quiet(f"{len(self.buffer)} of {size} bytes came") from None
            except OSError as error:
                raise Closed(f"{error}, {len(self.buffer)} of {size} bytes came") from None
            if not piece:
                raise Closed(f"end of stream, {len(self.buffer)} of {size} bytes came")
            self.buffer += piece
            self.received += len(piece)

    def take(self, size, timeout=None):
        self.fill(size, timeout)
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    def close(self):
        """Closes so that what was sent arrives: unread bytes would make it a reset."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(0.2)
            while self.sock.recv(1 << 16):
                pass
        except OSError:
            pass
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- handshake ---

    def shake_as_dialler(self):
        self.send(self.mine.encode())
        self.read_hello()

    def shake_as_acceptor(self):
        self.fill(ACCEPTOR_ANSWERS_AT)
        self.send(self.mine.encode())
        self.read_hello()

    def read_hello(self):
        self.theirs = Hello.decode(self.take(HANDSHAKE_BYTES))
        self.theirs.check()
        self.note(event="handshake", port=self.theirs.port, lowest=self.theirs.lowest, current=self.theirs.current)

    # --- frames ---

    def send_frame(self, body):
        self.send(struct.pack(">I", len(body)) + body)

    def read_frame(self, timeout=None):
        """The next frame that is not a keep-alive of length 0: (message id, the rest of the body)."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            left = end - time.monotonic()
            self.fill(4, left)
            (size,) = struct.unpack(">I", self.buffer[:4])
            if size > self.frame_max:
                raise Violation(f"a frame of {size} bytes")
            if size == 0:
                self.take(4)
                continue
            self.fill(4 + size, left)
            body = self.take(4 + size)[4:]
            self.note(event="frame", id=body[0], bytes=size)
            return body[0], body[1:]

    def read_message(self, wanted, timeout=None):
        """The next frame, which has to be `wanted`."""
        kind, body = self.read_frame(timeout)
        if kind != wanted:
            raise Violation(f"message {kind} where {wanted} was due")
        return body

    def wait_closed(self, timeout=5.0):
        """Waits for the other side to close; the frames that came before that."""
        frames, end = [], time.monotonic() + timeout
        while True:
            try:
                frames.append(self.read_frame(max(0.0, end - time.monotonic())))
            except Closed:
                return frames

    # --- authentication ---

    def authenticate_as_dialler(self, key, expect=None, twist=None, own=None):
        """B's side: CHALLENGE, RESPONSE1, RESPONSE2. An expected permid is compared before RESPONSE2 goes out."""
        twist = twist or Twist()
        mine = os.urandom(CHALLENGE_BYTES)
        self.send_frame(bytes([CHALLENGE]) + twist.challenge(bencode.encode(mine)))
        fields = decode_fields(self.read_message(RESPONSE1), (b"B", b"SA", b"certA", b"rA"))
        theirs = fields[b"rA"]
        self.check_proof(fields[b"B"], fields[b"SA"], fields[b"certA"], [theirs, mine, self.mine.peer_id])
        if len(theirs) != CHALLENGE_BYTES:
            raise Violation(f"rA of {len(theirs)} bytes")
        if fields[b"certA"] == own:
            raise Violation("our own permid answered")
        if expect is not None and fields[b"certA"] != expect:
            raise Violation("another permid answered")
        self.permid = fields[b"certA"]
        proof = twist.sign(key, bencode.encode([mine, theirs, self.theirs.peer_id]))
        answer = {b"A": self.theirs.peer_id, b"SB": proof, b"certB": key.permid}
        self.send_frame(bytes([RESPONSE2]) + twist.response2_bytes(encode_fields(twist.response2(answer))))

    def authenticate_as_acceptor(self, key, twist=None):
        """A's side. Returns the permid that proved itself."""
        twist = twist or Twist()
        theirs = bencode.decode(self.read_message(CHALLENGE))
        if not isinstance(theirs, bytes) or len(theirs) != CHALLENGE_BYTES:
            raise Violation("not a challenge of 1024 bytes")
        mine = os.urandom(CHALLENGE_BYTES)
        proof = twist.sign(key, bencode.encode([mine, theirs, self.theirs.peer_id]))
        answer = {b"B": self.theirs.peer_id, b"SA": proof, b"certA": key.permid, b"rA": mine}
        self.send_frame(bytes([RESPONSE1]) + twist.response1_bytes(encode_fields(twist.response1(answer))))
        fields = decode_fields(self.read_message(RESPONSE2), (b"A", b"SB", b"certB"))
        self.note(event="response2", permid_bytes=len(fields[b"certB"]))
        self.check_proof(fields[b"A"], fields[b"SB"], fields[b"certB"], [theirs, mine, self.mine.peer_id])
        self.permid = fields[b"certB"]

    def check_proof(self, echoed, signature, permid, signed):
        if echoed != self.mine.peer_id:
            raise Violation(f"echoed peer id {echoed.hex()} is not ours, {self.mine.peer_id.hex()}")
        if len(signature) < self.shortest_signature:
            raise Violation(f"a signature of {len(signature)} bytes, fewer than {self.shortest_signature}")
        if not k233.verify(permid, bencode.encode(signed), signature):
            raise Violation("the signature does not verify")

    # --- crawler messages ---

    def ask(self, message_id, payload=b"", frequency=0, channel=None):
        request = Request(message_id, random.randint(1, 255) if channel is None else channel, frequency, payload)
        self.send_frame(request.encode())
        return request

    def read_any_part(self, timeout=None):
        """The next CRAWLER_REPLY. A peer that gossips may send other messages in between."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            kind, body = self.read_frame(max(0.0, end - time.monotonic()))
            if kind == CRAWLER_REPLY:
                return Part.decode(body)
            if kind > 250:
                raise Violation(f"message {kind} after authentication")

    def read_part(self, request, timeout=None):
        part = self.read_any_part(timeout)
        if (part.message_id, part.channel) != (request.message_id, request.channel):
            raise Violation(f"a part of {part.message_id} on channel {part.channel} for {request}")
        return part

    def read_reply(self, request, timeout=None):
        """All parts up to the one with parts left 0; `timeout` is for each."""
        parts = [self.read_part(request, timeout)]
        while parts[-1].left:
            parts.append(self.read_part(request, timeout))
        return Reply(parts)


@dataclass
class Reply:
    parts: list

    @property
    def payload(self):
        return b"".join(part.payload for part in self.parts)

    @property
    def error(self):
        return self.parts[-1].error

    @property
    def left(self):
        return [part.left for part in self.parts]


def encode_fields(fields):
    """A dict; or, for a test, a list of pairs in the order given."""
    return bencode.encode(fields) if isinstance(fields, dict) else bencode.encode_pairs(fields)


def decode_fields(body, names):
    fields = bencode.decode(body)
    for name in names:
        if not isinstance(fields, dict) or not isinstance(fields.get(name), bytes):
            raise Violation(f"no string {name!r} in the message")
    return fields


def host_of(sock):
    try:
        return sock.getpeername()[0]
    except OSError:
        return None  # it is gone already; the first read says so


def dial(address, key, hello=None, expect=None, twist=None, timeout=10.0, **options):
    """Connects and authenticates; the open connection."""
    conn = dial_and_shake(address, hello, timeout, **options)
    try:
        conn.authenticate_as_dialler(key, expect, twist)
    except Exception:
        conn.close()
        raise
    return conn


def dial_and_shake(address, hello=None, timeout=10.0, **options):
    """Connects and exchanges handshakes; checks that the acceptor names the port that was dialled."""
    conn = connect(address, hello, timeout, **options)
    try:
        conn.shake_as_dialler()
        if conn.theirs.port != address[1]:
            raise Violation(f"dialled port {address[1]}, the peer id names {conn.theirs.port}")
    except Exception:
        conn.close()
        raise
    return conn


def connect(address, hello=None, timeout=10.0, **options):
    """A TCP connection on which nothing has been said."""
    try:
        sock = socket.create_connection(address, timeout=timeout)
    except OSError as error:
        raise Closed(f"cannot connect to {address}: {error}") from None
    return Connection(sock, hello or Hello(), timeout, **options)

"""`swarmscope peer` and odd handshakes, wrong authentication, odd frames, discovery messages."""

import os
import signal
import time

import bencode
import k233
from checks_request_auth import BAD_PERMIDS, ORDER_TWO, forge, second_permid, sign_for_second
from checks_peer_replies import answer, closes_without_reply
from ed25519 import Ed25519Key
from harness import Failed, check, equal, expect
from k233 import SHORT_SIGNATURE_NONCE, Key
from overlay17 import BUDDYCAST, CHALLENGE, CRAWLER_REPLY, CRAWLER_REQUEST, FRAME_MAX, HANDSHAKE_BYTES, KEEP_ALIVE
from overlay17 import DIALBACK_REPLY, DIALBACK_REQUEST, RETURN_INFOHASH
from overlay17 import RESPONSE1, RESPONSE2, Closed, Hello, Quiet, Request, Twist, Violation


def closes_silently(conn, what, timeout=6.0):
    """The connection ends and not one byte came."""
    try:
        conn.fill(1, timeout)
        expect(False, f"{what}: a byte came:", bytes(conn.buffer))
    except Closed:
        pass
    except Quiet:
        expect(False, f"{what}: still open after {timeout} s")


# --- the handshake --------------------------------------------------------------------------------------------


@check("peer: the handshake of something else is closed with no byte sent")
def wrong_handshake(lab):
    key = Key()
    odd = {
        "another infohash": Hello(infohash=bytes(19) + b"\x02"),
        "a torrent's infohash": Hello(infohash=os.urandom(20)),
        "another length byte": Hello(protocol=b"\x12BitTorrent protocol"),
        "another protocol": Hello(protocol=b"\x13BitTorrent protocoL"),
    }
    with lab.peer(key) as peer:
        for what, hello in odd.items():
            with peer.crawler().connect() as conn:
                conn.send(hello.encode())
                closes_silently(conn, what)
        for what, raw in {"HTTP": b"GET / HTTP/1.1\r\n\r\n" * 4, "TLS": b"\x16\x03\x01\x02\x00" * 20}.items():
            with peer.crawler().connect() as conn:
                conn.send(raw)
                closes_silently(conn, what)
        peer.lives(key)


@check("peer: answers after the first 48 bytes of the handshake, not before")
def answers_at_48(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler().connect(port=0) as conn:
        hello = conn.mine.encode()
        conn.send(hello[:47])
        try:
            conn.fill(1, 1.0)
            expect(False, "it answers after 47 bytes")
        except Quiet:
            pass
        conn.send(hello[47:48])
        conn.fill(HANDSHAKE_BYTES, 5)
        conn.send(hello[48:])
        conn.read_hello()
        conn.authenticate_as_dialler(key)
        equal(answer(conn, 77)[0], 253, "the error")


@check("peer: 47 bytes and then silence, or a byte now and then: closed after 15 s, no byte sent")
def slow_handshake(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler().connect() as silent, peer.crawler().connect() as slow:
        started = time.monotonic()
        silent.send(silent.mine.encode()[:47])
        for n in range(25):
            try:
                slow.send(slow.mine.encode()[n : n + 1])
                slow.fill(1, 0.9)
                expect(False, "a byte came")
            except Quiet:
                continue
            except Closed:
                break
        else:
            expect(False, "a byte now and then keeps a connection open beyond 22 s")
        closes_silently(silent, "47 bytes", 8)
        took = time.monotonic() - started
        expect(13 <= took <= 22, f"the handshake's deadline was {took:.1f} s")


@check("peer: a handshake byte by byte, and reserved bytes of any value")
def odd_but_fine(lab):
    key = Key()
    with lab.peer(key) as peer:
        with peer.crawler(key).dial(bytewise=True) as conn:
            equal(answer(conn, 77), (253, b"unknown message"), "bytewise")
        for reserved in (bytes(8), b"\xff" * 8):
            with peer.crawler(key).dial(reserved=reserved) as conn:
                equal(answer(conn, 77)[0], 253, f"reserved {reserved.hex()}")


@check("peer: versions")
def versions(lab):
    key = Key()
    with lab.peer(key) as peer:
        for lowest, current in ((2, 16), (7, 17), (2, 18), (17, 20), (2, 65535)):
            with peer.crawler(key).dial(lowest=lowest, current=current) as conn:
                equal(answer(conn, 77)[0], 253, f"versions {lowest}-{current}")
        for lowest, current in ((18, 20), (19, 18), (0, 2), (2, 1), (0, 0), (65535, 65535)):
            with peer.crawler(key).connect(lowest=lowest, current=current) as conn:
                conn.send(conn.mine.encode())
                try:
                    conn.wait_closed(5)
                except (Violation, Quiet) as error:
                    # it may have answered with its own handshake before it saw our versions
                    expect(isinstance(error, Violation), f"versions {lowest}-{current}: not closed: {error}")
                    conn.buffer.clear()
                    closes_silently(conn, f"versions {lowest}-{current}")


# --- authentication -------------------------------------------------------------------------------------------


def refuses(lab, what, key=None, twist=None, speak=None):
    """The peer closes before it answers a request of somebody who would be on its list."""
    friend = Key()
    with lab.peer(friend) as peer, peer.crawler().shake() as conn:
        try:
            if speak:
                speak(conn)
            else:
                conn.authenticate_as_dialler(key or friend, twist=twist)
            conn.send_frame(Request(77, 1, 0, b"").encode())
        except (Closed, Violation):
            pass
        try:
            frames = conn.wait_closed(6)
        except Quiet:
            expect(False, f"{what}: still open")
        equal([kind for kind, _ in frames if kind in (CRAWLER_REPLY, BUDDYCAST)], [], f"{what}: answered with")
        peer.lives(friend)


def without(name):
    return Twist(response2=lambda fields: {key: value for key, value in fields.items() if key != name})


def changed(name, change):
    return Twist(response2=lambda fields: {**fields, name: change(fields[name])})


BAD_TWISTS = {
    "a challenge of 1023 bytes": Twist(challenge=lambda raw: bencode.encode(bytes(1023))),
    "a challenge of 1025 bytes": Twist(challenge=lambda raw: bencode.encode(bytes(1025))),
    "an empty challenge": Twist(challenge=lambda raw: b"0:"),
    "a challenge that is a list": Twist(challenge=lambda raw: b"l" + raw + b"e"),
    "a challenge with bytes behind it": Twist(challenge=lambda raw: raw + b"x"),
    "a challenge whose length has a leading zero": Twist(challenge=lambda raw: b"0" + raw),
    "a signature of another message": Twist(sign=lambda key, message: key.sign(message + b"x")),
    "a signature of another key": Twist(sign=lambda key, message: Key().sign(message)),
    "an empty signature": changed(b"SB", lambda _: b""),
    "a signature with bytes behind it": changed(b"SB", lambda signature: signature + b"\x00"),
    "another echoed peer id": changed(b"A", lambda peer_id: peer_id[:-1] + b"\x01"),
    "no A": without(b"A"),
    "no SB": without(b"SB"),
    "no certB": without(b"certB"),
    "bytes behind the dict": Twist(response2_bytes=lambda raw: raw + b"x"),
    "a dict that breaks off": Twist(response2_bytes=lambda raw: raw[:-5]),
    "deep nesting": Twist(response2_bytes=lambda raw: b"l" * 2000 + b"e" * 2000),
    "a string longer than the frame": Twist(response2_bytes=lambda raw: b"d1:A4294967296:x"),
}


def refuses_twist(what, twist):
    return lambda lab: refuses(lab, what, None, twist)


for words, twist in BAD_TWISTS.items():
    check(f"peer: {words} closes")(refuses_twist(words, twist))


@check("peer: other forms of permids are refused")
def bad_permids(lab):
    for words, change in BAD_PERMIDS.items():
        refuses(lab, f"a permid {words}", None, changed(b"certB", change))


@check("peer: its own permid is refused")
def own_permid(lab):
    with lab.peer(lab.key) as peer:
        try:
            with peer.crawler(lab.key).dial() as conn:
                conn.ask(77)
                closes_without_reply(conn)
        except (Closed, Violation):
            pass


def order_is_wrong(name, *bodies):
    def speak(conn):
        for body in bodies:
            conn.send_frame(body)

    check(f"peer: {name} closes")(lambda lab: refuses(lab, name, None, speak=speak))


CHALLENGE_FRAME = bytes([CHALLENGE]) + bencode.encode(bytes(1024))
RESPONSE2_FRAME = bytes([RESPONSE2]) + bencode.encode({"A": bytes(20), "SB": bytes(64), "certB": bytes(84)})

order_is_wrong("RESPONSE2 before CHALLENGE", RESPONSE2_FRAME)
order_is_wrong("RESPONSE2 that does not wait for RESPONSE1", CHALLENGE_FRAME, RESPONSE2_FRAME)
order_is_wrong("a second CHALLENGE where RESPONSE2 is due", CHALLENGE_FRAME, CHALLENGE_FRAME)
order_is_wrong("RESPONSE1 from the dialler", bytes([RESPONSE1]) + b"de")
order_is_wrong("a request before authentication", Request(77, 1, 0, b"").encode())
order_is_wrong("a request where RESPONSE2 is due", CHALLENGE_FRAME, Request(77, 1, 0, b"").encode())
order_is_wrong("KEEP_ALIVE (240) before authentication", bytes([KEEP_ALIVE]))
order_is_wrong("a message of an unknown type before authentication", bytes([226]) + b"le")
order_is_wrong("an empty CHALLENGE", bytes([CHALLENGE]))


@check("peer: before authentication a frame of more than it needs closes when its length is read")
def big_before_authentication(lab):
    def speak(conn):
        conn.send((1 << 16).to_bytes(4, "big") + bytes([CHALLENGE]))
        closes_silently(conn, "a frame of 64 KiB announced")

    refuses(lab, "a big frame", None, speak=speak)


GOOD_TWISTS = {
    "extra keys": Twist(response2=lambda fields: {**fields, b"zz": [1, {"a": b"b"}]}),
    "keys out of order": Twist(response2=lambda fields: sorted(fields.items(), reverse=True)),
    "a signature of 62 bytes": Twist(sign=lambda key, message: key.sign_once(message, SHORT_SIGNATURE_NONCE)),
}


def accepts_twist(twist):
    def body(lab):
        key = Key()
        with lab.peer(key) as peer, peer.crawler(key).dial(twist=twist) as conn:
            equal(answer(conn, 77), (253, b"unknown message"), "the answer")

    return body


for words, twist in GOOD_TWISTS.items():
    check(f"peer: RESPONSE2 with {words} passes")(accepts_twist(twist))


@check("peer: a keep-alive of no bytes is fine in any state")
def keep_alives(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler().shake() as conn:
        conn.send(bytes(12))
        conn.authenticate_as_dialler(key)
        conn.send(bytes(4))
        equal(answer(conn, 77)[0], 253, "the error")


@check("peer: permids of another order than the curve's are refused, listed or not")
def wrong_order(lab):
    key = Key()
    for point, sign in ((ORDER_TWO, forge), (second_permid(key), sign_for_second)):
        stranger = Key(key.scalar)
        stranger.permid = k233.permid_of(point)
        twist = Twist(sign=lambda _, message, sign=sign: sign(key, message))
        refuses(lab, "a permid of another order", stranger, twist)
        try:
            peer = lab.peer(stranger)
        except Failed:
            continue  # it does not start with such a line on its list: just as good
        with peer, peer.crawler().shake() as conn:
            try:
                conn.authenticate_as_dialler(stranger, twist=twist)
                conn.ask(77)
            except Closed:
                continue
            closes_without_reply(conn)


@check("peer: an Ed25519 permid with a sound signature is no permid of the old protocol")
def ed25519_permid(lab):
    key = Ed25519Key()
    with lab.peer(key) as peer, peer.crawler().shake() as conn:
        try:
            conn.authenticate_as_dialler(key)
            conn.ask(77)
        except Closed:
            return
        closes_without_reply(conn)


# --- frames ---------------------------------------------------------------------------------------------------


@check("peer: a frame of more than 8 MiB closes at once, one of 8 MiB is read")
def oversized(lab):
    key = Key()
    with lab.peer(key) as peer:
        for size in (FRAME_MAX + 1, 1 << 31, (1 << 32) - 1):
            with peer.crawler(key).dial() as conn:
                conn.send(size.to_bytes(4, "big"))
                closes_without_reply(conn, 3.0)
        with peer.crawler(key, timeout=30).dial() as conn:
            conn.send_frame(bytes([226]) + bytes(FRAME_MAX - 1))
            equal(answer(conn, 77)[0], 253, "the error after a frame of 8 MiB")
        peer.lives(key)


@check("peer: frames of other types are dropped without closing")
def other_types(lab):
    key = Key()
    ours = {CHALLENGE, RESPONSE1, RESPONSE2, BUDDYCAST, CRAWLER_REQUEST, CRAWLER_REPLY}
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        for kind in sorted(set(range(256)) - ours):
            for body in (b"", b"le", os.urandom(50)):
                conn.send_frame(bytes([kind]) + body)
        equal(answer(conn, 77), (253, b"unknown message"), "the answer after frames of all other types")
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        conn.send_frame(bytes([CRAWLER_REPLY, 1, 1, 0, 0]) + b"nobody asked")
        equal(answer(conn, 77), (253, b"unknown message"), "the answer after unsolicited replies")


@check("peer: several requests in one segment, and requests right behind RESPONSE2")
def segments(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        frames = [Request(77, channel, 0, b"").encode() for channel in (1, 2, 3)]
        conn.send(b"".join(len(body).to_bytes(4, "big") + body + bytes(4) for body in frames))
        equal([conn.read_any_part().channel for _ in range(3)], [1, 2, 3], "channels answered")


@check("peer: one permid may have four connections, and replies go where the request came from")
def four_connections(lab):
    key = Key()
    with lab.peer(key) as peer:
        conns = [peer.crawler(key).dial() for _ in range(4)]
        try:
            for channel, conn in enumerate(conns, 1):
                conn.ask(77, channel=channel)
            for channel, conn in enumerate(conns, 1):
                equal(conn.read_any_part().channel, channel, "the channel answered on this connection")
        finally:
            for conn in conns:
                conn.close()


@check("peer: a half-close is a lost connection")
def half_close(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        conn.sock.shutdown(1)
        conn.wait_closed(5)
        peer.lives(key)


@check("peer: a signal ends it in time, with a Crawler connected")
def signals(lab):
    key = Key()
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 0)):
        with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
            peer.program.process.send_signal(number)
            result = peer.program.result(3)  # although the Crawler keeps its side open
            equal(result.code, code, "exit code")
            conn.wait_closed(3)


@check("peer: many strangers that connect and say nothing do not keep a Crawler out")
def crowd(lab):
    key = Key()
    with lab.peer(key) as peer:
        crowd = [peer.crawler().connect() for _ in range(60)]
        try:
            peer.lives(key)
        finally:
            for conn in crowd:
                conn.sock.close()


# --- DIALBACK ---


@check("peer: whoever asks with DIALBACK_REQUEST is dialled, and told at which address")
def dialback(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).listen() as crawler, crawler.dial() as conn:
        conn.send_frame(bytes([DIALBACK_REQUEST]))
        with crawler.accept_raw(15.0) as back:
            theirs = Hello.decode(back.take(HANDSHAKE_BYTES))
            equal(theirs.infohash, RETURN_INFOHASH, "the infohash of the return connection")
            equal(theirs.port, peer.address[1], "the listening port it names")
            back.send(Hello(port=crawler.port, infohash=RETURN_INFOHASH).encode())
            equal(back.read_frame(), (DIALBACK_REPLY, b"9:127.0.0.1"), "what it sends there")
        equal(answer(conn, 77)[0], 253, "the overlay connection stays")


# --- BuddyCast ------------------------------------------------------------------------------------------------


def buddycast(**changes):
    fields = {"ip": "127.0.0.1", "port": 7762, "name": "somebody", "preferences": [], "taste buddies": []}
    fields |= {"random peers": [], "connectable": 0, "collected torrents": [], "npeers": 0, "nfiles": 0, "ndls": 0}
    fields |= {"services": 0, **changes}
    fields = {key: value for key, value in fields.items() if value is not None}
    return bytes([BUDDYCAST]) + bencode.encode(fields)


@check("peer: a BuddyCast message is answered with one that says nothing personal")
def gossip(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).dial() as conn:
        conn.send_frame(buddycast())
        body = conn.read_message(BUDDYCAST, 10)
        fields = bencode.decode(body)
        for name, wanted in ((b"name", b""), (b"preferences", []), (b"collected torrents", []), (b"npeers", 0)):
            equal(fields[name], wanted, f"{name!r} in what it sends")
        for name in (b"ip", b"port", b"taste buddies", b"random peers", b"connectable", b"nfiles", b"ndls", b"services"):
            expect(name in fields, f"no {name!r} in", fields)
        conn.send_frame(buddycast())  # from a blocked sender: ignored, the connection stays
        equal(answer(conn, 77)[0], 253, "the error after two BuddyCast messages")


@check("peer: bad BuddyCast messages close")
def bad_gossip(lab):
    key = Key()
    entry = {"permid": bytes(84), "ip": "127.0.0.1", "port": 1, "similarity": 0}
    bad = {
        "no bencode": bytes([BUDDYCAST]) + b"x",
        "more than 10 KiB": buddycast(name="x" * 10300),
        "no services": buddycast(services=None),
        "no port": buddycast(port=None),
        "eleven taste buddies": buddycast(**{"taste buddies": [entry] * 11}),
        "taste buddies that are a dict": buddycast(**{"taste buddies": {}}),
        "bytes behind it": buddycast() + b"x",
    }
    with lab.peer(key) as peer:
        for what, frame in bad.items():
            with peer.crawler(key).dial() as conn:
                conn.send_frame(frame)
                try:
                    conn.wait_closed(5)
                except Quiet:
                    expect(False, f"a BuddyCast message with {what}: still open")
        peer.lives(key)

"""`swarmscope peer` delivers a late reply by dialling back: to the same permid, and to nobody else."""

import time
from contextlib import contextmanager

import overlay17
from checks_peer_replies import DATABASE
from harness import check, equal, expect
from k233 import Key
from overlay17 import Closed, Hello, Quiet, Twist, Violation

HOUR = 3600
DIALS_WITHIN = 15.0  # the query, and a busy machine


@contextmanager
def pending(lab, *others, seconds=1.5, columns="count(*)", allow=None, frequency=HOUR):
    """A peer that works for a Crawler whose connection is gone: (peer, the listening Crawler, its request)."""
    statement = lab.slow_sql(seconds, columns)
    key = Key()
    rest = ["--allow-file", allow(key)] if allow else []
    with lab.peer(*([] if allow else [key]), *others, rest=rest) as peer, peer.crawler(key).listen() as crawler:
        with crawler.dial() as conn:
            request = conn.ask(DATABASE, statement, frequency)
            peer.is_asked()
            expect(not conn.buffer, "the reply came at once")
        yield peer, crawler, request


@check("dial-back: the reply is delivered to the Crawler that is gone, over a connection the peer dials")
def delivered(lab):
    with pending(lab) as (peer, crawler, request):
        with crawler.accept(DIALS_WITHIN) as conn:
            equal(conn.permid, lab.key.permid, "the permid that dialled")
            equal(conn.theirs.port, peer.address[1], "the listening port it names")
            reply = conn.read_reply(request)
            expect(reply.payload.startswith(b"a1l1t") or b"10 s" in reply.payload, "the reply:", reply.payload)
            conn.ask(77)
            equal(conn.read_any_part().error, 253, "a request over that connection")
        expect(crawler.nobody_dials(3.0), "it dials again after the reply was delivered")


@check("dial-back: a reply of several parts")
def several_parts(lab):
    with pending(lab, columns="count(*), substr(hex(zeroblob(60000)), 1, 100000)") as (_, crawler, request):
        with crawler.accept(DIALS_WITHIN) as conn:
            reply = conn.read_reply(request)
            equal(reply.left, overlay17.parts_left(len(reply.payload)), "the parts-left bytes")
            expect(len(reply.payload) > 100000 or b"10 s" in reply.payload, "bytes:", len(reply.payload))


def gets_nothing(conn, key, twist=None):
    """Whoever answers gets the handshake, a CHALLENGE, and the close: no RESPONSE2, no reply, nothing else."""
    with conn:
        try:
            conn.shake_as_acceptor()
            conn.authenticate_as_acceptor(key, twist)
            expect(False, "it sent RESPONSE2 to somebody else")
        except Closed:
            return
        except Violation as violation:
            expect(False, f"it sent something: {violation}")
        except Quiet as quiet:
            expect(False, f"it neither sent nor closed: {quiet}")


@check("dial-back: somebody else at that address gets nothing but handshake and CHALLENGE")
def stranger(lab):
    with pending(lab) as (_, crawler, _request):
        gets_nothing(crawler.accept_raw(DIALS_WITHIN), Key())
        expect(crawler.nobody_dials(4.0), "it tries again: one attempt only")


@check("dial-back: another Crawler of the list at that address gets nothing")
def other_crawler(lab):
    other = Key()
    with pending(lab, other) as (peer, crawler, _request):
        gets_nothing(crawler.accept_raw(DIALS_WITHIN), other)
        peer.lives(other)


@check("dial-back: the Crawler's permid without its private key gets nothing")
def permid_without_key(lab):
    with pending(lab) as (_, crawler, _request):
        wrong = Twist(sign=lambda key, message: Key().sign(message))
        gets_nothing(crawler.accept_raw(DIALS_WITHIN), crawler.key, wrong)


@check("dial-back: the peer's own permid at that address gets nothing")
def own_permid(lab):
    with pending(lab) as (_, crawler, _request):
        gets_nothing(crawler.accept_raw(DIALS_WITHIN), lab.key)


@check("dial-back: another port in the peer id than the one dialled gets nothing")
def other_port(lab):
    with pending(lab) as (_, crawler, _request):
        conn = crawler.accept_raw(DIALS_WITHIN)
        conn.mine = Hello(port=1)
        gets_nothing(conn, crawler.key)


@check("dial-back: somebody who says nothing, or closes, does not hurt the peer")
def silent(lab):
    with pending(lab) as (peer, crawler, _request):
        conn = crawler.accept_raw(DIALS_WITHIN)
        conn.fill(68, 5)
        conn.reset()
        expect(peer.program.process.poll() is None, "the peer has ended")
        peer.lives(crawler.key)


@check("dial-back: nobody listens: one attempt, and the peer lives")
def nobody(lab):
    with pending(lab, seconds=1.5) as (peer, crawler, _request):
        port = crawler.port
        crawler.stop_listening()
        peer.wait_idle(1.5)
        crawler.listen(port)
        expect(crawler.nobody_dials(5.0), "it tries again: one attempt only")
        peer.lives(crawler.key)


@check("dial-back: a permid taken off the list gets nothing")
def taken_off(lab):
    def allow(key):
        return lab.write("crawlers.txt", key.base64 + "\n")

    with pending(lab, seconds=7.0, allow=allow) as (_, crawler, _request):
        (lab.dir / "crawlers.txt").write_text("# nobody\n")
        try:
            conn = crawler.accept_raw(DIALS_WITHIN)
        except Quiet:
            return
        gets_nothing(conn, crawler.key)


@check("dial-back: a live connection of the same permid gets the reply instead")
def live_connection(lab):
    statement, key = lab.slow_sql(1.5), Key()
    with lab.peer(key) as peer, peer.crawler(key).listen() as crawler:
        with crawler.dial(port=0) as second:
            with crawler.dial(port=0) as first:
                request = first.ask(DATABASE, statement, HOUR)
                peer.is_asked()
            second.read_reply(request, DIALS_WITHIN)
        expect(crawler.nobody_dials(1.0), "it dials all the same")


@check("dial-back: one pending an id: the latest Crawler replaces")
def latest(lab):
    statement, one, two = lab.slow_sql(1.5), Key(), Key()
    with lab.peer(one, two) as peer:
        with peer.crawler(one).listen() as first, peer.crawler(two).listen() as second:
            for crawler in (first, second):
                with crawler.dial() as conn:
                    request = conn.ask(DATABASE, statement, 0)
                    peer.is_asked()
            with second.accept(DIALS_WITHIN) as conn:
                conn.read_reply(request)


@check("dial-back: frequency + 5 s after a served request the peer dials a Crawler that is gone, once")
def periodic(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).listen() as crawler:
        with crawler.dial() as conn:
            equal(conn.read_reply(conn.ask(DATABASE, b"SELECT 1", 2)).error, 0, "the error of the first request")
            served = time.monotonic()
        with crawler.accept(25) as conn:
            waited = time.monotonic() - served
            expect(6.0 <= waited <= 20, f"it dialled after {waited:.1f} s")
            equal(conn.permid, lab.key.permid, "the permid that dialled")
            equal(conn.read_reply(conn.ask(DATABASE, b"SELECT 2", 2)).payload, b"a1l1t1i2", "crawled again")


@check("dial-back: a Crawler that is still connected is not dialled")
def still_connected(lab):
    key = Key()
    with lab.peer(key) as peer, peer.crawler(key).listen() as crawler, crawler.dial() as conn:
        equal(conn.read_reply(conn.ask(DATABASE, b"SELECT 1", 0)).error, 0, "the error")
        expect(crawler.nobody_dials(12.0), "it dials a Crawler that is connected")

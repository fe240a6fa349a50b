"""`swarmscope request` and a version-17 peer that is another, lies, or breaks off: exit 4, and 3."""

import base64
import os
import socket

import answers
import bencode
import k233
from ed25519 import Ed25519Key
from harness import UNKNOWN_ID, check, equal, expect, only
from k233 import SHORT_SIGNATURE_NONCE, SPKI_PREFIX, Key
from overlay17 import FRAME_MAX, RESPONSE1, RESPONSE2, Twist
from peer17 import Peer17, Script


def silent_on(peer, *events):
    for name in events:
        equal(peer.events(name), [], f"{name!r} events at the peer")


def refused(lab, script, target=None, codes=(4,), **options):
    """The request fails with 4 and the peer gets no RESPONSE2 and no request."""
    with Peer17(script) as peer:
        result = lab.request(target(peer) if target else peer.target, **options)
        failure = result.fails(*codes)
        peer.wait_for("ended", 2)
        silent_on(peer, "response2", "request")
        equal([f["id"] for f in peer.events("frame") if f["id"] != 253], [], "frames besides CHALLENGE")
    return failure, peer


def accepted(lab, script, target=None, **options):
    script.otherwise = answers.text("fine")
    with Peer17(script) as peer:
        result = lab.request(target(peer) if target else peer.target, **options).ends(0)
    equal(result.payload, b"fine", "the payload")
    return result, peer


# --- who answers ----------------------------------------------------------------------------------------------


@check("request: another permid than pinned is exit 4, and no RESPONSE2 is sent")
def other_permid(lab):
    refused(lab, Script(), lambda peer: f"{Key().base64}@{peer.unpinned}")


@check("request: the connected event names the permid, and a pinned one passes")
def pinned(lab):
    result, peer = accepted(lab, Script())
    connected = result.one("connected")
    equal(base64.b64decode(connected["permid"]), peer.key.permid, "the permid")
    expect(connected["rtt_ms"] is None or connected["rtt_ms"] >= 0, "rtt_ms in", connected)
    only(peer, "response2")


@check("request: without a pinned permid it works and says what that risks")
def unpinned(lab):
    result, _ = accepted(lab, Script(), lambda peer: peer.unpinned)
    expect("permid" in result.stderr or "pin" in result.stderr, "standard error says nothing of it:", result.stderr)


@check("request: an Ed25519 permid pinned on a version-17 peer is exit 4, and no RESPONSE2 is sent")
def pinned_other_kind(lab):
    spki = bytes.fromhex("302a300506032b6570032100") + bytes(range(32))
    for version in (17, None):
        target = lambda peer: f"{base64.b64encode(spki).decode()}@{peer.unpinned}"  # noqa: E731
        with Peer17(Script()) as peer:
            lab.request(target(peer), version=version).ends(4, 2)
            silent_on(peer, "response2", "request")


@check("request: one's own permid is refused")
def own_permid(lab):
    refused(lab, Script(key=lab.key))
    refused(lab, Script(key=lab.key), lambda peer: peer.unpinned)


# --- versions -------------------------------------------------------------------------------------------------


@check("request: the version is the lower of the two")
def versions(lab):
    for lowest, current, selected in ((2, 16, 16), (2, 7, 7), (7, 17, 17), (2, 18, 17), (17, 99, 17), (2, 65535, 17)):
        result, _ = accepted(lab, Script(lowest=lowest, current=current))
        equal(result.one("connected")["version"], selected, f"the version selected from {lowest}-{current}")


@check("request: versions out of reach are refused before CHALLENGE")
def versions_refused(lab):
    for lowest, current in ((18, 20), (19, 18), (65535, 65535), (0, 2), (2, 2), (0, 0), (1, 1)):
        failure, peer = refused(lab, Script(lowest=lowest, current=current))
        silent_on(peer, "frame")
        expect(str(current) in str(failure) or str(lowest) in str(failure), "names no version:", failure)


@check("request: below version 7 there are no crawler messages")
def version_6(lab):
    for current in (3, 6):
        failure, peer = refused(lab, Script(current=current))
        equal(failure["code"], "version.no-crawler", "code")
        silent_on(peer, "frame")


@check("request: --overlay-version 10 presents lowest 2, current 10")
def version_10(lab):
    result, peer = accepted(lab, Script(), version=10)
    hello = only(peer, "handshake")
    equal((hello["lowest"], hello["current"]), (2, 10), "versions presented")
    equal(result.one("connected")["version"], 10, "the version selected")


@check("request: version 18 with a legacy identity talks to a version-17 peer")
def version_18(lab):
    result, peer = accepted(lab, Script(), lambda peer: peer.unpinned, version=None)
    equal(only(peer, "handshake")["current"], 18, "the current version presented")
    connected = result.one("connected")
    equal((connected["version"], connected["transport"]), (17, "legacy"), "version and transport")
    accepted(lab, Script(), version=None)  # with a sect233k1 permid pinned it may present 17 or 18


@check("request: without a legacy identity a version-17 peer is refused, with the reason")
def no_legacy(lab):
    with Peer17(Script()) as peer:
        failure = lab.request(peer.unpinned, version=None, legacy=False).fails(4)
        peer.wait_for("ended", 2)
        silent_on(peer, "frame", "request")
    expect("legacy" in str(failure) or "17" in str(failure), "gives no reason:", failure)


# --- the handshake --------------------------------------------------------------------------------------------


@check("request: a handshake of something else is exit 4")
def wrong_handshake(lab):
    refused(lab, Script(infohash=bytes(19) + b"\x01"))
    refused(lab, Script(protocol=b"\x13BitTorrent protocoL"))
    refused(lab, Script(protocol=b"\x12BitTorrent protocol"))


@check("request: a listening port other than the one dialled is exit 4")
def wrong_port(lab):
    refused(lab, Script(announce_port=1))
    refused(lab, Script(announce_port=0))


@check("request: a handshake that breaks off is exit 4")
def broken_handshake(lab):
    for size in (0, 1, 20, 47, 67, 68):
        with Peer17(Script(hello_bytes=size, after_hello="close")) as peer:
            lab.request(peer.target).fails(4)
            silent_on(peer, "response2", "request")


@check("request: a peer that is silent in the handshake or after it is given up", slow=True)
def silent_handshake(lab):
    for size in (0, 47, 68):
        with Peer17(Script(hello_bytes=size, after_hello="silent")) as peer:
            lab.request(peer.target, patience=80).fails(4, 6)


@check("request: nobody listens is exit 3")
def nobody_listens(lab):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    lab.request(f"127.0.0.1:{port}").fails(3)
    lab.request(f"{Key().base64}@127.0.0.1:{port}").fails(3)


@check("request: a host without an address is exit 3")
def no_such_host(lab):
    lab.request("no-such-host.invalid:7760", patience=60).fails(3)


# --- authentication -------------------------------------------------------------------------------------------


def without(name):
    return Twist(response1=lambda fields: {key: value for key, value in fields.items() if key != name})


def having(**values):
    changed = {key.encode(): value for key, value in values.items()}
    return Twist(response1=lambda fields: {**fields, **changed})


def changed(name, change):
    return Twist(response1=lambda fields: {**fields, name: change(fields[name])})


OTHER_CURVE = bytes.fromhex(
    "3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
BAD_PERMIDS = {
    "of 83 bytes": lambda permid: permid[:-1],
    "of 85 bytes": lambda permid: permid + b"\x00",
    "empty": lambda permid: b"",
    "off the curve": lambda permid: permid[:-1] + bytes([permid[-1] ^ 1]),
    "at infinity": lambda permid: SPKI_PREFIX[:1] + b"\x15" + SPKI_PREFIX[2:18] + b"\x03\x02\x00\x00",
    "compressed": lambda permid: compressed(permid),
    "hybrid": lambda permid: permid[:23] + bytes([6 | hybrid_bit(permid)]) + permid[24:],
    "on another curve": lambda permid: OTHER_CURVE,
    "all zero": lambda permid: SPKI_PREFIX + bytes(60),
}


def hybrid_bit(permid):
    x, y = k233.point_of(permid)
    return k233.mul(y, k233.invert(x)) & 1


def compressed(permid):
    head = bytes.fromhex("3034301006072a8648ce3d020106052b8104001a032000")
    return head + bytes([2 | hybrid_bit(permid)]) + permid[24:54]


BAD_TWISTS = {
    "a signature of another message": Twist(sign=lambda key, message: key.sign(message + b"x")),
    "a signature of another key": Twist(sign=lambda key, message: Key().sign(message)),
    "an empty signature": changed(b"SA", lambda _: b""),
    "a signature of zeroes": changed(b"SA", lambda _: bytes.fromhex("3006020100020100")),
    "a signature with bytes behind it": changed(b"SA", lambda signature: signature + b"\x00"),
    "another echoed peer id": changed(b"B", lambda peer_id: peer_id[:-1] + b"\x01"),
    "rA of 1023 bytes": changed(b"rA", lambda challenge: challenge[:-1]),
    "rA of 1025 bytes": changed(b"rA", lambda challenge: challenge + b"x"),
    "another rA than signed": changed(b"rA", lambda challenge: os.urandom(1024)),
    "no B": without(b"B"),
    "no SA": without(b"SA"),
    "no certA": without(b"certA"),
    "no rA": without(b"rA"),
    "a number for SA": having(SA=5),
    "a list for certA": having(certA=[b"x"]),
    "bytes behind the dict": Twist(response1_bytes=lambda raw: raw + b"x"),
    "a dict that breaks off": Twist(response1_bytes=lambda raw: raw[:-5]),
    "a list and no dict": Twist(response1_bytes=lambda raw: b"le"),
    "no bencode": Twist(response1_bytes=lambda raw: b"\xff" * 1226),
    "deep nesting": Twist(response1_bytes=lambda raw: b"l" * 2000 + b"e" * 2000),
    "a string longer than the frame": Twist(response1_bytes=lambda raw: b"d1:B4294967296:x"),
}


def refuses_twist(twist):
    return lambda lab: refused(lab, Script(twist=twist))


for words, twist in BAD_TWISTS.items():
    check(f"request: RESPONSE1 with {words} is exit 4")(refuses_twist(twist))


@check("request: other forms of permids are exit 4")
def bad_permids(lab):
    for words, change in BAD_PERMIDS.items():
        try:
            script = Script(twist=changed(b"certA", change))
            refused(lab, script, lambda peer: peer.unpinned)
        except Exception as error:
            error.args = (f"permid {words}: {error}",)
            raise


ORDER_TWO = (0, 1)


def forge(_, message):
    """A signature that verifies for the point of order two, which has no private key; every other nonce will do."""
    while True:
        nonce = 2 + int.from_bytes(os.urandom(20), "big")
        r = k233.multiply(nonce, k233.G)[0] % k233.N
        s = k233.digest(message) * pow(nonce, -1, k233.N) % k233.N
        if r * pow(s, -1, k233.N) % k233.N % 2 == 0:
            signature = k233.der(0x30, k233.der_integer(r) + k233.der_integer(s))
            expect(k233.signed_by(ORDER_TWO, message, signature), "the forgery is no good")
            return signature


def second_permid(key):
    """Another point for which the holder of `key` can sign: its own plus the one of order two."""
    return k233.add(key.point, ORDER_TWO)


def sign_for_second(key, message):
    while not k233.signed_by(second_permid(key), message, signature := key.sign(message)):
        pass
    return signature


@check("request: a permid of small order, for which anybody can sign, is exit 4")
def small_order(lab):
    permid = k233.permid_of(ORDER_TWO)
    script = Script(twist=Twist(sign=forge, response1=lambda fields: {**fields, b"certA": permid}))
    refused(lab, script, lambda peer: peer.unpinned)


@check("request: a second permid for one key (a point of another order) is exit 4")
def wrong_order(lab):
    key = Key()
    permid = k233.permid_of(second_permid(key))
    twist = Twist(sign=sign_for_second, response1=lambda fields: {**fields, b"certA": permid})
    refused(lab, Script(key=key, twist=twist), lambda peer: peer.unpinned)


@check("request: an Ed25519 permid with a sound signature is no permid of the old protocol")
def ed25519_permid(lab):
    script = Script(key=Ed25519Key())
    refused(lab, script, lambda peer: peer.unpinned)
    refused(lab, script, lambda peer: f"{base64.b64encode(peer.key.permid).decode()}@{peer.unpinned}", codes=(3, 4))
    for version in (None, 17):
        refused(lab, script, lambda peer: peer.unpinned, version=version)


def frame(*pieces):
    body = b"".join(pieces)
    return len(body).to_bytes(4, "big") + body


def instead(name, raw):
    @check(f"request: {name} where RESPONSE1 is due is exit 4")
    def body(lab):
        refused(lab, Script(instead_of_response1=raw))


instead("RESPONSE2", frame(bytes([RESPONSE2]), bencode.encode({"A": b"x" * 20, "SB": b"y" * 64, "certB": b"z" * 84})))
instead("CHALLENGE", frame(b"\xfd", bencode.encode(bytes(1024))))
instead("KEEP_ALIVE (240)", frame(b"\xf0"))
instead("a message of an unknown type", frame(b"\xe2le"))
instead("a reply", frame(bytes([231, UNKNOWN_ID, 1, 0, 0]), b"early"))
instead("an empty RESPONSE1", frame(bytes([RESPONSE1])))
instead("a frame longer than authentication needs", (1 << 20).to_bytes(4, "big") + b"\xfc" + bytes(5000))
instead("a frame of more than 8 MiB", (FRAME_MAX + 1).to_bytes(4, "big"))


def unsorted(fields):
    return list(reversed(sorted(fields.items())))


GOOD_TWISTS = {
    "extra keys": having(extra=b"more", zz=[1, {"a": b"b"}]),
    "keys out of order": Twist(response1=unsorted),
    "a signature of 62 bytes": Twist(sign=lambda key, message: key.sign_once(message, SHORT_SIGNATURE_NONCE)),
}


def accepts_twist(twist):
    return lambda lab: accepted(lab, Script(twist=twist))


for words, twist in GOOD_TWISTS.items():
    check(f"request: RESPONSE1 with {words} passes")(accepts_twist(twist))

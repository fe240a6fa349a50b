"""`swarmscope request`: the bytes it sends, names of messages, forms of payload, and dial-back with --listen."""

import signal
import socket

import answers
from harness import UNKNOWN_ID, check, equal, expect, only
from k233 import Key
from overlay17 import PART
from peer17 import Peer17, Script

NAMES = {
    "database": 1,
    "DATABASE_QUERY": 1,
    "seedingstats": 2,
    "NatCheck": 3,
    "natcheck": 3,
    "friendship_stats": 4,
    "nattraversal": 5,
    "videoplayback_info": 6,
    "VIDEOPLAYBACK_EVENT_QUERY": 7,
    "repex": 8,
    "Puncture_Query": 9,
    "channel": 10,
    "usereventlog": 11,
    "0": 0,
    "255": 255,
}


def sent(lab, *arguments, **options):
    """What the peer saw of one request that it answers with 253."""
    with Peer17(Script()) as peer:
        lab.request(peer.target, *arguments, **options).ends(11)
        asked = only(peer, "request")
        others = [frame["id"] for frame in peer.events("frame") if frame["id"] not in (253, 251, 232, 240)]
        equal(others, [], "messages besides authentication and the request")
    equal(asked["permid"], lab.key.permid, "the permid that asked")
    return asked


@check("request: names and numbers of messages")
def names(lab):
    for name, number in NAMES.items():
        asked = sent(lab, name, "text:x")["request"]
        equal((asked.message_id, asked.payload), (number, b"x"), f"the request for {name}")


@check("request: channel, frequency, payload and port on the wire")
def wire(lab):
    for frequency in (0, 1, 5, 3600, 65535):
        asked = sent(lab, UNKNOWN_ID, "the payload", "--frequency", frequency)
        request = asked["request"]
        equal((request.frequency, request.payload), (frequency, b"the payload"), "frequency and payload")
        expect(1 <= request.channel <= 255, "channel", request.channel)
        equal(asked["port"], 0, "the announced port without --listen")


@check("request: the default frequency is 3600, the default payload empty")
def defaults(lab):
    request = sent(lab, "natcheck")["request"]
    equal((request.frequency, request.payload), (3600, b""), "frequency and payload of natcheck")
    request = sent(lab, UNKNOWN_ID)["request"]
    equal((request.frequency, request.payload), (3600, b""), "frequency and payload of an id without a name")


@check("request: forms of payload")
def payloads(lab):
    path = lab.write("payload.bin", bytes(range(256)))
    forms = {
        f"@{path}": bytes(range(256)),
        "hex:00ff10": b"\x00\xff\x10",
        "text:@not a file": b"@not a file",
        "text:hex:00": b"hex:00",
        "plain é": "plain é".encode(),
        "text:": b"",
        "hex:": b"",
    }
    for form, payload in forms.items():
        equal(sent(lab, UNKNOWN_ID, form)["request"].payload, payload, f"the payload of {form!r}")


@check("request: a payload of 1 MiB")
def big_payload(lab):
    path = lab.write("payload.bin", answers.pattern(1 << 20))
    equal(sent(lab, UNKNOWN_ID, f"@{path}")["request"].payload == answers.pattern(1 << 20), True, "it arrives")


@check("request: interrupted while it waits is exit 130")
def interrupted(lab):
    for number in (signal.SIGINT, signal.SIGTERM):
        with Peer17(Script(otherwise=answers.silent())) as peer:
            program = lab.start_request(peer.target, timeout=30)
            expect(peer.wait_for("request", 20), "no request came:", program.stderr)
            program.process.send_signal(number)
            program.result(5).ends(130)


@check("request: the same identity in use twice is warned of")
def identity_twice(lab):
    with Peer17(Script(otherwise=answers.late(2, answers.text("x")))) as peer:
        first = lab.start_request(peer.target)
        expect(peer.wait_for("request", 20), "no request came:", first.stderr)
        second = lab.request(peer.target).ends(0)
        first.result(10).ends(0)
    expect("warning" in second.stderr and "identity" in second.stderr, "no warning:", second.stderr)
    expect("another process" not in first.stderr, "the first is warned:", first.stderr)


# --- dial-back ------------------------------------------------------------------------------------------------


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def listening(lab, answer, **options):
    """Asks with --listen a peer that answers so; the peer too, to see what happened."""
    port = free_port()
    peer = Peer17(Script(replies={UNKNOWN_ID: answer}))
    with peer:
        result = lab.request(peer.target, UNKNOWN_ID, "--listen", f"127.0.0.1:{port}", **options)
        asked = only(peer, "request")
        equal(asked["port"], port, "the announced port with --listen")
    return result, peer


@check("request --listen: a reply that the peer dials back with")
def dialled_back(lab):
    for answer, payload in (
        (answers.dial_back(answers.text("late")), b"late"),
        (answers.dial_back(answers.payload(70000), 1.0), answers.pattern(70000)),
    ):
        result, peer = listening(lab, answer)
        result.ends(0)
        equal(result.payload == payload, True, "the payload is what was sent")
        equal(len(peer.events("dialled")), 1, "authenticated dial-backs")


@check("request --listen: the first part on one connection, the rest by dial-back")
def split_over_two(lab):
    def answer(request):
        first, *rest = answers.payload(70000)(request)
        return [first, ("close",), ("dial", rest)]

    result, _ = listening(lab, answer)
    result.ends(0, 5, 6)
    if result.code == 0:
        equal(result.payload == answers.pattern(70000), True, "the payload is what was sent")


@check("request --listen: a stranger who dials in with the reply is not believed")
def stranger(lab):
    result, _ = listening(lab, answers.dial_back_as(Key(), answers.text("forged")), timeout=4)
    result.fails(6)
    equal(result.of("part"), [], "parts shown")


@check("request --listen: a stranger first, then the peer")
def stranger_then_peer(lab):
    forged = answers.dial_back_as(Key(), answers.text("forged"))
    result, _ = listening(lab, answers.both(forged, answers.dial_back(answers.text("true"), close=False)))
    result.ends(0)
    equal(result.payload, b"true", "the payload")


@check("request --listen: nobody dials back, exit 6 in time")
def nobody(lab):
    result, _ = listening(lab, answers.close_at_once(), timeout=3, patience=10)
    result.fails(6)


@check("request --listen: a reply on the first connection as ever")
def not_needed(lab):
    result, _ = listening(lab, answers.payload(2 * PART))
    result.ends(0)


@check("request: without --listen nothing is dialled back and the exit code is 5")
def no_listen(lab):
    with Peer17(Script(replies={UNKNOWN_ID: answers.dial_back(answers.text("late"), 1.0)})) as peer:
        lab.request(peer.target).fails(5)

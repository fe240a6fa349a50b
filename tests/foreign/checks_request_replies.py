"""`swarmscope request` and what a version-17 peer answers: sizes, parts, errors, silence, noise."""

import base64

import answers
import overlay17
from harness import UNKNOWN_ID, Lateness, check, equal, expect
from overlay17 import FRAME_MAX, PART
from peer17 import Peer17, Script


def peer_with(answer, message_id=UNKNOWN_ID, **script):
    return Peer17(Script(replies={message_id: answer}, **script))


def intact(lab, answer, payload, left=None, *rest, **options):
    """The request succeeds with exactly this payload, in its file, its event and its parts."""
    out = lab.dir / "out"
    with peer_with(answer) as peer:
        result = lab.request(peer.target, UNKNOWN_ID, *rest, "--out", out, **options).ends(0)
    reply, parts = result.one("reply"), result.of("part")
    equal(out.read_bytes() == payload, True, "the payload in --out is what was sent")
    equal(result.payload == payload, True, "the payload in the event is what was sent")
    equal((reply["bytes"], reply["error"], reply["message_id"]), (len(payload), 0, UNKNOWN_ID), "the reply event")
    equal(reply["parts"], len(parts), "the number of parts")
    equal(sum(part["bytes"] for part in parts), len(payload), "the bytes of all parts")
    first = parts[0]["index"]
    equal([part["index"] for part in parts], list(range(first, first + len(parts))), "the indexes of the parts")
    if left is not None:
        equal([part["parts_left"] for part in parts], left, "parts left")
    return result


def reply_of(size):
    def body(lab):
        left = overlay17.parts_left(size)
        result = intact(lab, answers.payload(size), answers.pattern(size), left, timeout=30)
        connected = result.one("connected")
        equal((connected["version"], connected["transport"]), (17, "legacy"), "version and transport")

    return body


for size in (0, 1, PART - 1, PART, PART + 1, 2 * PART, 70000, 3 * PART, 100 * PART, 300 * PART - 1, 300 * PART):
    check(f"request: a reply of {size} bytes")(reply_of(size))


def error_is(code, exit_code):
    def body(lab):
        with peer_with(answers.text("what went wrong", code)) as peer:
            result = lab.request(peer.target).ends(exit_code)
        reply = result.one("reply")
        equal((reply["error"], result.payload), (code, b"what went wrong"), "the reply event")
        named = code in (1, 2, 253, 254)  # the others are the handler's own
        expect(bool(reply["error_name"]) or not named, "the error has no name:", reply)
        equal(result.of("failure"), [], "an error byte is a reply and no failure")

    return body


for code in (1, 2, 3, 7, 252, 255):
    check(f"request: error {code} is exit 12")(error_is(code, 12))
check("request: error 253 is exit 11")(error_is(253, 11))
check("request: error 254 is exit 10")(error_is(254, 10))


@check("request: the original's 253 and 254 texts, on ids with a decoder")
def original_errors(lab):
    with Peer17(Script(replies={1: answers.frequency_error(), 3: answers.unknown_message()})) as peer:
        lab.request(peer.target, "database", "SELECT 1").ends(10)
        lab.request(peer.target, "natcheck").ends(11)


@check("request: the error of the last part counts")
def error_in_last_part(lab):
    with peer_with(answers.error_in_last_part(b"part1", b"part2", 7)) as peer:
        result = lab.request(peer.target).ends(12)
    equal((result.one("reply")["error"], result.payload), (7, b"part1part2"), "the reply")


@check("request: a reply that its decoder cannot read is exit 13 and still there")
def undecodable(lab):
    with Peer17(Script(otherwise=answers.text(b"\xff\x00 not what this id answers"))) as peer:
        for message in ("natcheck", "database"):
            result = lab.request(peer.target, message, "text:SELECT 1").ends(13)
            equal(result.payload, b"\xff\x00 not what this id answers", "the raw payload")


@check("request: the original's NATCHECK and DATABASE replies are decoded")
def decoded(lab):
    natcheck = b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee"
    rows = b"a1l10t1i12i-53f2.50n3sabc6f1e+30019i92233720368547758070s2s\xc3\xa93f0.1"
    old_rows = bytes.fromhex("80025d71012e")  # pickle protocol 2 of an empty list, from clients before 5.3.9
    with Peer17(Script(replies={3: answers.text(natcheck)}, otherwise=answers.text(rows))) as peer:
        reply = lab.request(peer.target, "natcheck").ends(0).one("reply")
        expect("Unknown" in str(reply["decoded"]), "no 'Unknown' in", reply)
        reply = lab.request(peer.target, "database", "SELECT 1").ends(0).one("reply")
        expect("abc" in str(reply["decoded"]) and "9223372036854775807" in str(reply["decoded"]), "missing in", reply)
        result = lab.request(peer.target, "database", "SELECT 1", json=False).ends(0)
        expect(any("abc" in line for _, line in result.lines), "no 'abc' in the readable reply:", result.lines)
    with Peer17(Script(otherwise=answers.text(old_rows))) as peer:
        lab.request(peer.target, "database", "SELECT 1").ends(0)


@check("request: no answer is exit 6, in time")
def no_answer(lab):
    with peer_with(answers.silent()) as peer:
        late, program = Lateness(), lab.start_request(peer.target, timeout=2)
        expect(peer.wait_for("request", 20), "no request came:", program.stderr)
        result = program.result(30)
    result.fails(6)
    # Both ends are the program's own lines: what a busy machine shows this peer late does not count.
    waited = result.times_of("failure")[0] - result.times_of("connected")[0]
    expect(1.8 - late.seconds <= waited <= 4.5 + late.seconds, f"--timeout 2 took {waited:.1f} s, {late}")


@check("request: silence after two of three parts is exit 6")
def silence_between_parts(lab):
    with peer_with(lambda request: answers.payload(70000)(request)[:2]) as peer:
        result = lab.request(peer.target, timeout=3)
    result.fails(6)
    equal(len(result.of("part")), 2, "parts shown")


def ends_in_5(answer, parts=0):
    def body(lab):
        with peer_with(answer) as peer:
            result = lab.request(peer.target, timeout=20)
        result.fails(5)
        equal(len(result.of("part")), parts, "parts shown")

    return body


check("request: closed without a reply is exit 5")(ends_in_5(answers.close_at_once()))
check("request: reset without a reply is exit 5")(ends_in_5(answers.reset()))
check("request: a half-close is a lost connection, exit 5")(ends_in_5(answers.half_close()))
check("request: closed after 1 of 3 parts is exit 5")(ends_in_5(answers.close_after(1, 70000), 1))
check("request: closed after 299 of 300 parts is exit 5")(ends_in_5(answers.close_after(299, 300 * PART), 299))


@check("request: closed right after authentication is exit 5")
def closed_after_authentication(lab):
    with Peer17(Script(after_authentication="close")) as peer:
        lab.request(peer.target).fails(5)


@check("request: a reply that comes after 3 s")
def late(lab):
    late = Lateness()
    result = intact(lab, answers.late(3, answers.payload(10)), answers.pattern(10))
    elapsed = result.one("reply")["elapsed_ms"]
    expect(2900 <= elapsed <= 8000 + late.seconds * 1000, f"elapsed_ms {elapsed} for a reply after 3 s")


@check("request: parts are shown as they arrive")
def slow_parts(lab):
    result = intact(lab, answers.slowly(0.7, answers.payload(100000)), answers.pattern(100000), [3, 2, 1, 0])
    at = [part["at_ms"] for part in result.of("part")]
    gaps = [late - early for early, late in zip(at, at[1:])]
    expect(min(gaps) >= 500, "at_ms of parts 0.7 s apart:", at)
    shown = result.times_of("part")
    expect(shown[-1] - shown[0] >= 1.5, "the lines of the parts came together:", shown)


@check("request: every byte in a segment of its own")
def bytewise(lab):
    with peer_with(answers.text("a byte at a time"), bytewise=True) as peer:
        result = lab.request(peer.target).ends(0)
    equal(result.payload, b"a byte at a time", "the payload")


@check("request: other messages before and between")
def noise(lab):
    first = [bytes([239]) + b"d8:persinfod4:name2:vmee", bytes([244]), bytes([240]), b"", bytes([200]), bytes([0])]
    with peer_with(answers.noise(answers.payload(70000)), first_frames=first) as peer:
        result = lab.request(peer.target).ends(0)
    equal(result.payload == answers.pattern(70000), True, "the payload is what was sent")


@check("request: a reply on another channel is dropped, the right one taken")
def wrong_channel(lab):
    intact(lab, answers.wrong_channel(answers.payload(70000)), answers.pattern(70000))


@check("request: a reply with another id is dropped, the right one taken")
def wrong_id(lab):
    intact(lab, answers.wrong_id(answers.payload(70000)), answers.pattern(70000))


@check("request: only a reply on another channel, or with another id, is no reply")
def only_wrong(lab):
    for answer in (answers.wrong_channel(answers.silent()), answers.wrong_id(answers.silent())):
        with peer_with(answer) as peer:
            result = lab.request(peer.target, timeout=2)
        result.fails(6)
        equal(result.of("part"), [], "parts shown")


@check("request: parts of three replies interleaved")
def interleaved(lab):
    intact(lab, answers.interleaved(20 * PART), answers.pattern(20 * PART))


@check("request: a reply that comes twice is one reply")
def twice(lab):
    intact(lab, answers.twice(40000), answers.pattern(40000))


def bounded(answer, timeout, rest=()):
    """The program ends by itself, in time, and without taking much memory."""

    def body(lab):
        with peer_with(answer) as peer:
            result = lab.request(peer.target, UNKNOWN_ID, *rest, timeout=timeout, patience=25)
        result.fails(5, 6)
        expect(result.memory < 400_000, f"took {result.memory} kB of memory")

    return body


check("request: empty parts without end")(bounded(answers.endless(0, 1, 2_000_000), 8))
check("request: empty parts without end, slowly")(bounded(answers.endless(0, 255, 10_000, 0.01), 3))
check("request: full parts without end")(bounded(answers.endless(PART, 255, 20_000), 20))


@check("request: a frame of 8 MiB of a type nobody knows is dropped")
def big_frame(lab):
    intact(lab, answers.big_unknown_frame(FRAME_MAX, answers.text("after it")), b"after it", timeout=20)


@check("request: a frame of more than 8 MiB ends the connection, exit 5")
def oversized_frame(lab):
    with peer_with(answers.raw((FRAME_MAX + 1).to_bytes(4, "big"))) as peer:
        result = lab.request(peer.target, timeout=20)
        failure = result.fails(5)
        expect(peer.wait_for("ended", 5), "the connection stayed open")
    expect("8" in str(failure), "the failure does not name the limit:", failure)


@check("request: a reply too short for its header does not end in success")
def short_reply(lab):
    short = overlay17.CRAWLER_REPLY.to_bytes(1, "big") + bytes([UNKNOWN_ID, 1])
    with peer_with(lambda request: [("send", short)]) as peer:
        lab.request(peer.target, timeout=3).fails(5, 6)


@check("request: control and escape bytes of a reply do not reach the terminal")
def escapes(lab):
    with peer_with(answers.text(b"\x1b[2J\x1b]0;owned\x07\x9b31m\xc2\x9b31m\xe2\x80\xaeend", 1)) as peer:
        result = lab.request(peer.target, json=False).ends(12)
    shown = "\n".join(line for _, line in result.lines) + result.stderr
    for bad in ("\x1b", "\x07", "\x9b", "\u202e"):
        expect(bad not in shown, f"{bad!r} is in what is printed:", shown)


@check("request: the readable output and --out without --json")
def readable(lab):
    out = lab.dir / "raw"
    with peer_with(answers.text("hello there")) as peer:
        result = lab.request(peer.target, UNKNOWN_ID, "--out", out, json=False).ends(0)
    equal(out.read_bytes(), b"hello there", "--out")
    expect(any("hello there" in line for _, line in result.lines), "the reply is not in", result.lines)


@check("request: payload_base64 is base64 of the payload, with binary in it")
def binary(lab):
    raw = bytes(range(256))
    with peer_with(answers.text(raw)) as peer:
        reply = lab.request(peer.target).ends(0).one("reply")
    equal(base64.b64decode(reply["payload_base64"], validate=True), raw, "the payload")

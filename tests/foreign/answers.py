"""What a scripted peer does with a request: each function here makes a list of steps.

A step is a tuple: ("part", Part) · ("send", body of a frame) · ("raw", bytes) · ("wait", seconds) ·
("close",) · ("reset",) · ("half-close",) · ("dial", steps) to deliver over a connection to the port that the Crawler announced ·
("dial as", key, steps) the same with somebody else's key.
"""

from dataclasses import replace

from overlay17 import DIALBACK_REQUEST, FREQUENCY_ERROR, KEEP_ALIVE, PART, SOCIAL_OVERLAP
from overlay17 import UNKNOWN_MESSAGE, Part, cut


def pattern(size):
    """`size` bytes in which a part that is lost, doubled or moved shows."""
    return b"".join(b"%015d\n" % n for n in range((size + 15) // 16))[:size]


def parts(request, payload, error=0):
    return [("part", part) for part in cut(request, payload, error)]


def payload(size, error=0):
    return lambda request: parts(request, pattern(size), error)


def text(words, error=0):
    return lambda request: parts(request, words if isinstance(words, bytes) else words.encode(), error)


def unknown_message():
    return text("unknown message", UNKNOWN_MESSAGE)


def frequency_error():
    return text("frequency error", FREQUENCY_ERROR)


def silent():
    return lambda request: []


def close_at_once():
    return lambda request: [("close",)]


def reset():
    return lambda request: [("reset",)]


def half_close():
    return lambda request: [("half-close",), ("wait", 3.0)]


def close_after(count, size):
    """Closes after `count` of the parts of a payload of `size` bytes."""
    return lambda request: [*parts(request, pattern(size))[:count], ("close",)]


def late(seconds, then):
    return lambda request: [("wait", seconds), *then(request)]


def slowly(gap, then):
    """Waits between the steps of `then`."""

    def steps(request):
        spaced = []
        for step in then(request):
            spaced += [step, ("wait", gap)]
        return spaced

    return steps


def endless(size, left, count, gap=0.0):
    """`count` parts of `size` bytes, none of which is the last."""

    def steps(request):
        one = ("part", Part(request.message_id, request.channel, left, 0, bytes(size)))
        for _ in range(count):
            yield one
            if gap:
                yield ("wait", gap)

    return steps


def error_in_last_part(first, last, error):
    def steps(request):
        head = Part(request.message_id, request.channel, 1, 0, first)
        return [("part", head), ("part", replace(head, left=0, error=error, payload=last))]

    return steps


def other_channel(request):
    return request.channel % 255 + 1


def wrong_channel(then):
    """A whole reply on a channel nobody asked on, then `then`."""
    return lambda request: [*parts(replace(request, channel=other_channel(request)), b"stray"), *then(request)]


def wrong_id(then):
    """A whole reply on the right channel with another message-specific id, then `then`."""
    return lambda request: [*parts(replace(request, message_id=request.message_id ^ 0x50), b"stray"), *then(request)]


def interleaved(size):
    """The parts of the reply, with the parts of a reply on another channel and of another id in between."""

    def steps(request):
        ours = parts(request, pattern(size))
        channel = parts(replace(request, channel=other_channel(request)), b"x" * size)
        other_id = parts(replace(request, message_id=request.message_id ^ 0x50), b"y" * size)
        return [step for triple in zip(channel, ours, other_id) for step in triple]

    return steps


def twice(size):
    """The same reply two times: the second is on a channel that is free again."""
    return lambda request: [*parts(request, pattern(size)), *parts(request, b"again")]


def noise(then):
    """What full clients send between crawler messages, ids nobody defined, and a keep-alive of no bytes."""
    bodies = [
        bytes([SOCIAL_OVERLAP]) + b"d8:persinfod4:name2:vmee",
        bytes([DIALBACK_REQUEST]),
        bytes([KEEP_ALIVE]),
        bytes([226]) + b"le",
        bytes([7]) + b"nobody defined this",
        bytes([0]),
        b"",
    ]
    return lambda request: [*[("send", body) for body in bodies], *then(request)]


def big_unknown_frame(size, then):
    return lambda request: [("send", bytes([226]) + bytes(size - 1)), *then(request)]


def raw(data, then=silent()):
    return lambda request: [("raw", data), *then(request)]


def dial_back(then, wait=0.0, close=True):
    """Closes the connection and delivers the reply over one to the Crawler's announced port."""
    return lambda request: [*([("close",)] if close else []), ("wait", wait), ("dial", then(request))]


def dial_back_as(key, then):
    return lambda request: [("close",), ("dial as", key, then(request))]


def both(*several):
    return lambda request: [step for one in several for step in one(request)]


BY_NAME = {
    "size": lambda size: payload(int(size)),
    "text": text,
    "hex": lambda digits: text(bytes.fromhex(digits)),
    "error": lambda code, words="": text(words, int(code)),
    "253": unknown_message,
    "254": frequency_error,
    "silent": silent,
    "close": close_at_once,
    "close-after": lambda count, size: close_after(int(count), int(size)),
    "late": lambda seconds, size: late(float(seconds), payload(int(size))),
    "slowly": lambda gap, size: slowly(float(gap), payload(int(size))),
    "empty-parts": lambda count="1000000": endless(0, 1, int(count)),
    "full-parts": lambda count="100000": endless(PART, 255, int(count)),
    "wrong-channel": lambda size="100": wrong_channel(payload(int(size))),
    "wrong-id": lambda size="100": wrong_id(payload(int(size))),
    "interleaved": lambda size: interleaved(int(size)),
    "noise": lambda size="100": noise(payload(int(size))),
    "dial-back": lambda wait, size: dial_back(payload(int(size)), float(wait)),
}


def named(words):
    """`size:70000`, `error:7:went wrong`, `late:2.5:100`, …: the script language of the command line."""
    name, *arguments = words.split(":")
    if name not in BY_NAME:
        raise ValueError(f"no answer is called {name!r}; there are {', '.join(BY_NAME)}")
    return BY_NAME[name](*arguments)

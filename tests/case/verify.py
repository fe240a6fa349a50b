#!/usr/bin/env python3
"""Verifies a swarmscope case file from its published format (docs/case-format.md) alone: Python's standard library, nothing of
swarmscope. Usage: verify.py FILE [CHECKPOINT]. Exit code 0: all entries hold; 13: the first that does not is named."""

import base64
import hashlib
import hmac
import re
import struct
import sys
import zlib

MAGIC = b"swarmscope case 1\n"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE = (15112221349535400772501151409588531511454012693041857206046113283949847762202, 4 * pow(5, -1, P) % P)


class Wrong(Exception):
    def __init__(self, entry, why):
        self.entry, self.why = entry, why


def add(one, other):  # on edwards25519, extended coordinates (RFC 8032, 5.1.4)
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    for bit in format(scalar, "b"):
        result = add(result, result)
        result = add(result, point) if bit == "1" else result
    return result


def point(encoded):
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def signed_by(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    try:
        r, a = point(signature[:32]), point(key)
    except ValueError:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = multiply(s, BASE + (1, BASE[0] * BASE[1] % P)), add(r, multiply(h, a))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def root(leaves):  # RFC 6962, 2.1
    level = list(leaves)
    while len(level) > 1:
        pairs = range(0, len(level) - 1, 2)
        level = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest() for i in pairs] + level[len(level) & ~1 :]
    return level[0] if level else hashlib.sha256().digest()


def take(data, at, count):
    if at + count > len(data):
        raise ValueError("short")
    return data[at : at + count], at + count


def sized(data, at):
    size, at = take(data, at, 4)
    return take(data, at, int.from_bytes(size, "big"))


def parse(body):  # the entry in a record's body
    leaf, at = sized(body, 0)
    index, previous, count = struct.unpack(">Q32sH", leaf[:42])
    fields, misfit, here = {}, None, 42
    for _ in range(count):
        size, here = take(leaf, here, 1)
        name, here = take(leaf, here, size[0])
        form, here = take(leaf, here, 1)
        value, here = sized(leaf, here)
        if not re.fullmatch(rb"[a-z0-9_]{1,32}", name) or name in fields or form not in (b"\0", b"\1"):
            raise ValueError("field")
        if form == b"\1":
            commitment = value
            state, at = take(body, at, 1)
            value = None
            if state == b"\1":
                salt, at = take(body, at, 32)
                value, at = sized(body, at)
                if hmac.digest(salt, name + b"\0" + value, "sha256") != commitment:
                    misfit = misfit or name
            elif state != b"\0":
                raise ValueError("opening")
        fields[name] = value
    if here != len(leaf) or at != len(body):
        raise ValueError("bytes left")
    return index, previous, hashlib.sha256(b"\0" + leaf).digest(), fields, misfit


def checkpoint(note, origin, key):  # size and root, once the operator's signature is found valid
    text, _, signatures = note.decode().rpartition("\n\n")
    text += "\n"
    name, size, tree = text.splitlines()
    if text != f"{origin}\n{int(size)}\n{tree}\n":
        raise ValueError("another case")
    hint = hashlib.sha256(origin.encode() + b"\n\1" + key).digest()[:4]
    for line in signatures.splitlines():
        _, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if name == origin and blob[:4] == hint and signed_by(key, text.encode(), blob[4:]):
            return int(size), base64.b64decode(tree, validate=True)
    raise ValueError("not signed")


def entries(data):
    if not data.startswith(MAGIC):
        raise Wrong(0, "no case file")
    at, expected, budget = len(MAGIC), 0, [16 * len(data)]
    while at < len(data):
        try:
            body, end = sized(data, at)
            checksum, end = take(data, end, 4)
        except ValueError:
            body = None
        if body is None or zlib.crc32(data[at : end - 4]) != int.from_bytes(checksum, "big"):
            follows = any(whole(data, later, budget, expected) for later in re_records(data, at + 1))
            size = int.from_bytes(data[at : at + 4], "big")
            short = body is None and (len(data) - at < 4 or 46 <= size <= 256 << 20)
            zeros = len(data) - at >= 64 and not any(data[-64:])
            if not follows and (short or zeros):
                return print(f"torn tail: {len(data) - at} bytes after entry {expected - 1}", file=sys.stderr)
            raise Wrong(expected, "damaged bytes")
        try:
            yield parse(body)
        except (ValueError, struct.error):
            raise Wrong(expected, "no entry of the format") from None
        at, expected = end, expected + 1


def re_records(data, start):  # where a record may begin: its lengths and its index fit the file
    for at in range(start, len(data) - 53):
        length, leaf, index = struct.unpack_from(">IIQ", data, at)
        if 46 <= length <= min(len(data) - at - 8, 256 << 20) and 42 <= leaf <= length - 4 and index <= len(data):
            yield at


def whole(data, at, budget, expected):
    end = at + 8 + int.from_bytes(data[at : at + 4], "big")
    budget[0] -= end - at
    if budget[0] < 0:
        raise Wrong(expected, "damaged, and not searched to the end")
    body = memoryview(data)[at : end - 4]
    if zlib.crc32(body) != int.from_bytes(data[end - 4 : end], "big"):
        return False
    try:
        parse(data[at + 4 : end - 4])
    except (ValueError, struct.error):
        return False
    return True


def verify(data, outside=None):
    hashes, signed, withheld, declared, origin, key = [], 0, set(), set(), "", b""
    suspect = None
    for index, previous, digest, fields, misfit in entries(data):
        if index != len(hashes):
            raise suspect or Wrong(len(hashes), f"entry {index} stands here")
        if previous != (hashes[-1] if hashes else bytes(32)):
            # which of the two was changed, the next one tells
            if suspect:
                raise Wrong(index - 1, "changed")
            suspect = Wrong(index - 1, "not what the next entry was written after")
        elif suspect:
            raise suspect
        if misfit:
            raise Wrong(index, f"{misfit.decode()} does not fit its commitment")
        if index == 0:
            origin, key = "swarmscope-case/" + fields[b"id"].decode(), fields[b"key"]
        if fields[b"type"] == b"signed" and not suspect:
            try:
                size, tree = checkpoint(fields[b"note"], origin, key)
            except ValueError as error:
                raise Wrong(index, f"checkpoint: {error}") from None
            if size != index or root(hashes) != tree:
                raise Wrong(signed, f"entries {signed} to {index - 1} are not those signed")
            signed = size
        if fields[b"type"] == b"redaction":
            declared |= {tuple(line.split(b" ")) for line in fields[b"withheld"].splitlines()}
        withheld |= {(str(index).encode(), name) for name, value in fields.items() if value is None}
        hashes.append(digest)
    if suspect:
        raise suspect
    for index, name in sorted(withheld - declared, key=lambda place: int(place[0])):
        raise Wrong(int(index), f"{name.decode()} is missing and not declared")
    if outside:
        size, tree = checkpoint(outside, origin, key)
        if size > len(hashes):
            raise Wrong(len(hashes), "cut at the end")
        if root(hashes[:size]) != tree:
            raise Wrong(0, "another case than the checkpoint's")
    return len(hashes), signed


def main():
    files = [open(name, "rb").read() for name in sys.argv[1:]]
    try:
        count, signed = verify(*files)
    except Wrong as wrong:
        print(f"entry {wrong.entry}: {wrong.why}")
        return 13
    print(f"{count} entries, {signed} signed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

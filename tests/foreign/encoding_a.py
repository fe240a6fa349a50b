"""Encoding "a": what replies 1, 8, 10 and 11 use. A value is count, type letter, content."""


class EncodingError(Exception):
    pass


def encode(value):
    return "a".encode() + encode_value(value)


def encode_value(value):
    if value is None:
        return b"0n"
    if isinstance(value, (int, float)):
        text = str(value) if isinstance(value, int) else float_text(value)
        return b"%d%s%s" % (len(text), b"i" if isinstance(value, int) else b"f", text.encode())
    if isinstance(value, str):
        raw = value.encode()
        return b"%ds%s" % (len(raw), raw)
    if isinstance(value, bytes):
        return b"%db%s" % (len(value), value)
    if isinstance(value, (list, tuple)):
        letter = b"l" if isinstance(value, list) else b"t"
        return b"%d%s%s" % (len(value), letter, b"".join(map(encode_value, value)))
    if isinstance(value, dict):
        pairs = b"".join(encode_value(key) + encode_value(value[key]) for key in sorted(value))
        return b"%dd%s" % (len(value), pairs)
    raise EncodingError(f"cannot encode {type(value)}")


def float_text(value):
    """str() of Python 2: 12 digits, and always a sign that it is a float."""
    text = f"{value:.12g}"
    return text if any(c in text for c in ".en") else text + ".0"


def decode(data):
    if data[:1] != b"a":
        raise EncodingError(f"begins with {data[:1]!r} and not with 'a'")
    value, end = decode_at(data, 1)
    if end != len(data):
        raise EncodingError(f"{len(data) - end} bytes behind the value")
    return value


def decode_at(data, at):
    start = at
    while data[at : at + 1].isdigit():
        at += 1
    if at == start or at >= len(data):
        raise EncodingError(f"no count at byte {start}")
    count, letter, at = int(data[start:at]), data[at : at + 1], at + 1
    if letter == b"n":
        return None, at
    if letter in b"ifsb":
        raw = data[at : at + count]
        if len(raw) != count:
            raise EncodingError(f"{count} bytes announced at byte {start}, {len(raw)} there")
        read = {b"i": int, b"f": float, b"s": lambda raw: raw.decode(), b"b": bytes}[letter]
        return read(raw), at + count
    if letter in b"lt":
        items = []
        for _ in range(count):
            item, at = decode_at(data, at)
            items.append(item)
        return (items if letter == b"l" else tuple(items)), at
    if letter == b"d":
        pairs = {}
        for _ in range(count):
            key, at = decode_at(data, at)
            pairs[key], at = decode_at(data, at)
        return pairs, at
    raise EncodingError(f"type {letter!r} at byte {at - 1}")

"""Bencode: int, bytes, list, dict with bytes keys. Reading is strict except that a dict may be unsorted."""

MAX_DEPTH = 32


class BencodeError(Exception):
    pass


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    if isinstance(value, dict):
        return encode_pairs(sorted(value.items()))
    raise BencodeError(f"cannot encode {type(value)}")


def encode_pairs(pairs):
    """A dict in the order given."""
    return b"d" + b"".join(encode(key) + encode(item) for key, item in pairs) + b"e"


def decode(data):
    value, end = decode_at(data, 0, 0)
    if end != len(data):
        raise BencodeError(f"{len(data) - end} bytes behind the value")
    return value


def decode_at(data, at, depth):
    if depth > MAX_DEPTH or at >= len(data):
        raise BencodeError(f"too deep or too short at byte {at}")
    lead = data[at : at + 1]
    if lead == b"i":
        end = data.find(b"e", at)
        return integer(data[at + 1 : end] if end > 0 else b""), end + 1
    if lead == b"l":
        items, at = [], at + 1
        while data[at : at + 1] != b"e":
            item, at = decode_at(data, at, depth + 1)
            items.append(item)
        return items, at + 1
    if lead == b"d":
        pairs, at = {}, at + 1
        while data[at : at + 1] != b"e":
            key, at = decode_at(data, at, depth + 1)
            if not isinstance(key, bytes) or key in pairs:
                raise BencodeError(f"key {key!r} is no string or there twice")
            pairs[key], at = decode_at(data, at, depth + 1)
        return pairs, at + 1
    colon = data.find(b":", at)
    size = integer(data[at:colon] if colon > 0 else b"")
    if size < 0 or colon + 1 + size > len(data):
        raise BencodeError(f"a string of {size} bytes at byte {at} goes past the end")
    return data[colon + 1 : colon + 1 + size], colon + 1 + size


def integer(digits):
    try:
        value = int(digits)
    except ValueError:
        raise BencodeError(f"not a number: {digits[:20]!r}") from None
    if b"%d" % value != digits:
        raise BencodeError(f"not the shortest form of a number: {digits[:20]!r}")
    return value

"""sect233k1 (NIST K-233): the field, the curve, ECDSA over SHA-1, and the key files.

Textbook arithmetic on Python integers, made to be checked by eye and not to be fast (about 20 ms a signature)
or to keep secrets: only throw-away keys of tests go through it.

A field element is an integer whose bits are the coefficients of a polynomial over GF(2).
"""

import base64
import functools
import hashlib
import secrets

M = 233
MASK = (1 << M) - 1
N = 0x8000000000000000000000000000069D5BB915BCD46EFB1AD5F173ABDF  # order of the base point
G = (
    0x017232BA853A7E731AF129F22FF4149563A419C26BF50A4C9D6EEFAD6126,
    0x01DB537DECE819B7F70F555A67C427A8CD9BF18AEB9B56E0C11056FAE6A3,
)
SCALAR_BYTES = 29
FIELD_BYTES = 30
OID = bytes.fromhex("06052b8104001a")
SPKI_PREFIX = bytes.fromhex("3052301006072a8648ce3d020106052b8104001a033e0004")
PERMID_BYTES = 84
# A nonce whose r has 27 bytes: signatures with it have 62 bytes or fewer, which an honest signer makes once in ten
# thousand times. Used twice it gives the key away: for throw-away keys only.
SHORT_SIGNATURE_NONCE = 26596
LOW_BIT_OF_EACH_BYTE = int.from_bytes(b"\x01" * 512, "big")
ASCII_ZEROES = int.from_bytes(b"0" * 512, "big")


class KeyError17(Exception):
    """A key, a permid or a signature that this curve does not have."""


# --- the field GF(2^233), reduced by x^233 + x^74 + 1 ---------------------------------------------------------


def reduce(t):
    while t >> M:
        high = t >> M
        t = (t & MASK) ^ high ^ (high << 74)
    return t


def spread(a):
    """One byte a coefficient: '0' and '1' differ in the lowest bit."""
    return int.from_bytes(format(a, "b").encode(), "big") & LOW_BIT_OF_EACH_BYTE


def mul(a, b):
    """At most 233 ones meet in a byte, so that no sum carries into the next; its parity is the coefficient."""
    product = (spread(a) * spread(b)) & LOW_BIT_OF_EACH_BYTE
    size = (product.bit_length() + 7) // 8 or 1
    digits = (product | (ASCII_ZEROES & ((1 << 8 * size) - 1))).to_bytes(size, "big")
    return reduce(int(digits, 2))


def square(a):
    """Squaring puts a zero behind every bit: the binary digits read in base 4."""
    return reduce(int(format(a, "b"), 4))


def invert(a):
    """a^(2^233 - 2), by the chain of Itoh and Tsujii: `power` = a^(2^k - 1)."""
    if a == 0:
        raise KeyError17("zero has no inverse")
    power, k = a, 1
    for bit in format(M - 1, "b")[1:]:
        shifted = power
        for _ in range(k):
            shifted = square(shifted)
        power, k = mul(power, shifted), 2 * k
        if bit == "1":
            power, k = mul(square(power), a), k + 1
    return square(power)


# --- the curve y^2 + xy = x^3 + 1 -----------------------------------------------------------------------------
# Affine points are (x, y), None is the point at infinity; (X, Y, Z) is (X/Z, Y/Z^2) (López and Dahab).


def on_curve(point):
    x, y = point
    return square(y) ^ mul(x, y) == mul(square(x), x) ^ 1


def double(point):
    X, Y, Z = point
    zz = square(Z)
    z4 = square(zz)
    Z3 = square(mul(X, Z))
    X3 = square(square(X)) ^ z4
    return X3, mul(z4, Z3) ^ mul(X3, square(Y) ^ z4), Z3


def add_affine(point, other):
    X, Y, Z = point
    x, y = other
    if Z == 0:
        return x, y, 1
    a = Y ^ mul(y, square(Z))
    b = X ^ mul(x, Z)
    if b == 0:
        return double(point) if a == 0 else (1, 0, 0)
    c = mul(Z, b)
    Z3 = square(c)
    X3 = square(a) ^ mul(c, a ^ square(b))
    return X3, mul(mul(x, Z3) ^ X3, mul(a, c) ^ Z3) ^ mul(x ^ y, square(Z3)), Z3


def affine(point):
    X, Y, Z = point
    if Z == 0:
        return None
    inverse = invert(Z)
    return mul(X, inverse), mul(Y, square(inverse))


def multiply(scalar, point):
    result = (1, 0, 0)
    for bit in format(scalar, "b"):
        result = double(result)
        if bit == "1":
            result = add_affine(result, point)
    return affine(result)


def add(one, other):
    if one is None or other is None:
        return one or other
    return affine(add_affine((one[0], one[1], 1), other))


# --- DER ------------------------------------------------------------------------------------------------------


def der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def der_read(data, at=0):
    """(tag, content, where the next one begins)."""
    if len(data) < at + 2:
        raise KeyError17("DER ends early")
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        octets = size & 0x7F
        size = int.from_bytes(data[at : at + octets], "big")
        at += octets
    if len(data) < at + size:
        raise KeyError17("DER ends early")
    return tag, data[at : at + size], at + size


def der_integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


# --- ECDSA ----------------------------------------------------------------------------------------------------


def digest(message):
    return int.from_bytes(hashlib.sha1(message).digest(), "big")


def verify(permid, message, signature):
    """True if `signature` (DER) is `permid`'s over the SHA-1 digest of `message`."""
    return signed_by(point_of(permid), message, signature)


def signed_by(point, message, signature):
    tag, body, end = der_read(signature)
    if tag != 0x30 or end != len(signature):
        return False
    tag_r, r, at = der_read(body)
    tag_s, s, end = der_read(body, at)
    if (tag_r, tag_s, end) != (0x02, 0x02, len(body)):
        return False
    r, s = int.from_bytes(r, "big", signed=True), int.from_bytes(s, "big", signed=True)
    if not (0 < r < N and 0 < s < N):
        return False
    w = pow(s, -1, N)
    sum_ = add(multiply(digest(message) * w % N, G), multiply(r * w % N, point))
    return sum_ is not None and sum_[0] % N == r


@functools.lru_cache(maxsize=256)
def point_of(permid):
    """The point of a permid: 84 bytes of DER SubjectPublicKeyInfo, the uncompressed form and no other."""
    if len(permid) != PERMID_BYTES or not permid.startswith(SPKI_PREFIX):
        raise KeyError17("not an uncompressed sect233k1 key of 84 bytes")
    coordinates = permid[len(SPKI_PREFIX) :]
    point = (int.from_bytes(coordinates[:FIELD_BYTES], "big"), int.from_bytes(coordinates[FIELD_BYTES:], "big"))
    if max(point) > MASK or not on_curve(point):
        raise KeyError17("the point is not on the curve")
    if multiply(N, point) is not None:
        raise KeyError17("the point is not of the right order")
    return point


def permid_of(point):
    return SPKI_PREFIX + b"".join(c.to_bytes(FIELD_BYTES, "big") for c in point)


class Key:
    """A private key; `permid` is its public half as the overlay knows it."""

    def __init__(self, scalar=None):
        self.scalar = scalar or secrets.randbelow(N - 1) + 1
        self.point = multiply(self.scalar, G)
        self.permid = permid_of(self.point)

    @property
    def base64(self):
        return base64.b64encode(self.permid).decode()

    def sign_once(self, message, nonce=None):
        nonce = nonce or secrets.randbelow(N - 1) + 1
        r = multiply(nonce, G)[0] % N
        s = pow(nonce, -1, N) * (digest(message) + r * self.scalar) % N
        return der(0x30, der_integer(r) + der_integer(s))

    def sign(self, message):
        """Signs again until the signature is long enough for the original to accept the message (>= 63 bytes)."""
        while len(signature := self.sign_once(message)) < 63:
            pass
        return signature

    def to_pem(self):
        """SEC1, as the original wrote its key files."""
        public = der(0x03, b"\x00" + self.permid[len(SPKI_PREFIX) - 1 :])
        scalar = der(0x04, self.scalar.to_bytes(SCALAR_BYTES, "big"))
        body = der(0x30, der_integer(1) + scalar + der(0xA0, OID) + der(0xA1, public))
        text = base64.encodebytes(body).decode().replace("\n", "")
        lines = [text[i : i + 64] for i in range(0, len(text), 64)]
        return "\n".join(["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", ""])

    @classmethod
    def from_pem(cls, text):
        lines = [line for line in text.split("\n") if line and not line.startswith("-----")]
        _, body, _ = der_read(base64.b64decode("".join(lines)))
        _, _version, at = der_read(body)
        tag, scalar, at = der_read(body, at)
        _, parameters, _ = der_read(body, at)
        if tag != 0x04 or parameters != OID:
            raise KeyError17("not a SEC1 key on sect233k1")
        return cls(int.from_bytes(scalar, "big"))



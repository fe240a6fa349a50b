"""Ed25519 signatures (RFC 8032), for one question: does the old protocol take a permid of the new kind?"""

import base64
import hashlib
import secrets

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def multiply(scalar, point):
    result = (0, 1)
    for bit in format(scalar, "b"):
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def number(*pieces):
    return int.from_bytes(hashlib.sha512(b"".join(pieces)).digest(), "little")


class Ed25519Key:
    """As `k233.Key`: a permid, and signatures."""

    def __init__(self):
        digest = hashlib.sha512(secrets.token_bytes(32)).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public = encode(multiply(self.scalar, (BASE_X, BASE_Y)))
        self.permid = SPKI_PREFIX + self.public
        self.base64 = base64.b64encode(self.permid).decode()

    def sign(self, message):
        nonce = number(self.prefix, message) % L
        point = encode(multiply(nonce, (BASE_X, BASE_Y)))
        s = (nonce + number(point, self.public, message) * self.scalar) % L
        return point + s.to_bytes(32, "little")

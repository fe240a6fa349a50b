"""Makes valid.txt and wrong.txt with OpenSSL's command line: python3 make.py (needs openssl with sect233k1).

Random keys: each run makes other vectors. Every line was checked by OpenSSL before it was written.
"""
import base64, hashlib, os, random, subprocess, tempfile

N = 0x8000000000000000000000000000069D5BB915BCD46EFB1AD5F173ABDF
F = 1 << 233 | 1 << 74 | 1
OID = bytes.fromhex("06052b8104001a")
SPKI = bytes.fromhex("3052301006072a8648ce3d020106052b8104001a033e0004")
work = tempfile.mkdtemp()


def openssl(*arguments, **files):
    for name, content in files.items():
        open(f"{work}/{name}", "wb").write(content)
    return subprocess.run(["openssl", *arguments], capture_output=True, cwd=work)


def tlv(tag, contents):
    return bytes([tag, len(contents)]) + contents if len(contents) < 128 else bytes([tag, 0x81, len(contents)]) + contents


def integer(number):
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def signature(r, s):
    return tlv(0x30, integer(r) + integer(s))


def read(der):
    first = der[3]
    return int.from_bytes(der[4:4 + first], "big"), int.from_bytes(der[6 + first:], "big")


def permid(secret):
    der = tlv(0x30, b"\x02\x01\x01" + tlv(4, secret.to_bytes(29, "big")) + tlv(0xA0, OID))
    made = openssl("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem", **{"key.der": der})
    assert made.returncode == 0, made.stderr
    return openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER").stdout


def sign(message):
    return openssl("dgst", "-sha1", "-sign", "key.pem", "message", message=message).stdout


def verifies(public, message, sig):
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(public) + b"-----END PUBLIC KEY-----\n"
    files = {"public.pem": pem, "message": message, "signature": sig}
    return openssl("dgst", "-sha1", "-verify", "public.pem", "-signature", "signature", "message", **files).returncode == 0


def multiply(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = a << 1, b >> 1
        if a >> 233:
            a ^= F
    return product


def invert(a):
    power = 1
    for _ in range(232):
        a = multiply(a, a)
        power = multiply(power, a)
    return power


def plus_order_two(public):
    """The same point plus (0, 1): on the curve, of order 2n."""
    x, y = (int.from_bytes(public[24 + i:54 + i], "big") for i in (0, 30))
    slope = multiply(y ^ 1, invert(x))
    x3 = multiply(slope, slope) ^ slope ^ x
    y3 = multiply(slope, x ^ x3) ^ x3 ^ y
    return SPKI + x3.to_bytes(30, "big") + y3.to_bytes(30, "big")


def b64(data):
    return base64.b64encode(data).decode()


secrets = [1, 2, 3, N - 1, N - 2, 1 << 8, 1 << 64, (1 << 128) - 1, 1 << 231]
secrets += [random.randrange(1, N) for _ in range(91)]
valid, wrong = [], []
taken_by_openssl = 0
for number, secret in enumerate(secrets):
    public = permid(secret)
    valid.append(f"key {secret:x} {b64(public)}")
    for turn in range(3):
        message = os.urandom(random.choice([0, 1, 20, 40]))
        sig = sign(message)
        r, s = read(sig)
        if turn == 2:
            sig = signature(r, N - s)
        assert verifies(public, message, sig)
        valid.append(f"sig {message.hex() or '-'} {sig.hex()}")
    bad = [
        ("another message", public, message + b"!", sig),
        ("r + 1", public, message, signature(r + 1, s)),
        ("s + 1", public, message, signature(r, s + 1)),
        ("s + n", public, message, signature(r, s + N)),
        ("r + n", public, message, signature(r + N, s)),
        ("r and s exchanged", public, message, signature(s, r)),
        ("r is 0", public, message, signature(0, s)),
        ("s is 0", public, message, signature(r, 0)),
        ("r is n", public, message, signature(N, s)),
        ("a byte after it", public, message, sig + b"\0"),
        ("a byte inside it", public, message, tlv(0x30, sig[2:] + b"\0")),
        ("a zero before r", public, message, tlv(0x30, tlv(2, b"\0\0" + r.to_bytes(29, "big")) + integer(s))),
        ("a long form of the length", public, message, b"\x30\x81" + sig[1:]),
        ("r is negative", public, message, tlv(0x30, tlv(2, (-r).to_bytes(30, "big", signed=True)) + integer(s))),
        ("cut", public, message, sig[:-1]),
        ("empty", public, message, b""),
        ("another key", permid(random.randrange(1, N)), message, sig),
        ("a point off the curve", public[:-1] + bytes([public[-1] ^ 1]), message, sig),
        ("a point of order 2n", plus_order_two(public), message, sig),
    ]
    for what, key, message, sig in bad if number % 10 == 0 else bad[-1:]:
        taken = verifies(key, message, sig)
        taken_by_openssl += taken
        assert not taken or what == "a point of order 2n", what
        wrong.append(f"{b64(key)} {message.hex() or '-'} {sig.hex() or '-'} {what}")
assert taken_by_openssl > 10, "half of the points of order 2n verify where the order isn't checked"
open("valid.txt", "w").write("\n".join(valid) + "\n")
open("wrong.txt", "w").write("\n".join(wrong) + "\n")

"""Sign with an RSA key, as JSON web tokens want it (RS256).

In plain Python, because Lambda's runtime has no library for it, and one would be larger than our package.
Python's arithmetic does not take the same time for every key. That is borne: a key signs once an hour, a text
that nobody else chooses, and whoever would measure it would have to stand in the process.
Source: RFC 8017, section 8.2 (RSASSA-PKCS1-v1_5) and A.1.2; RFC 5958 (PKCS #8).
"""

import base64
import hashlib

# A caller may bring his own key, so its size is bounded: a larger one would keep the processor for itself.
LEAST_BITS, MOST_BITS = 1024, 4096
_E_BITS = 32
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_RSA = bytes.fromhex("2a864886f70d010101")
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")

# n, e, d, p, q
Key = tuple[int, int, int, int, int]


def key_of(pem: str) -> Key:
    """Read a private key in PKCS #8.

    Raises:
        ValueError: it is none, or none of a usual size.
    """
    head, _, rest = pem.partition("-----BEGIN PRIVATE KEY-----")
    body, foot, _ = rest.partition("-----END PRIVATE KEY-----")
    if head.strip() or not foot:
        raise ValueError("not PKCS #8 in PEM")
    version, algorithm, key, *_ = _parts(_inside(base64.b64decode("".join(body.split()), validate=True)))
    if version != (_INTEGER, b"\0") or key[0] != _OCTETS or _RSA not in algorithm[1]:
        raise ValueError("not an RSA key")
    numbers = [int.from_bytes(data) for kind, data in _parts(_inside(key[1])) if kind == _INTEGER]
    if len(numbers) < 6:
        raise ValueError("numbers are missing")
    n, e, d, p, q = numbers[1:6]
    if p * q != n or min(p, q) < 2:
        raise ValueError("its numbers do not belong together")
    if not LEAST_BITS <= n.bit_length() <= MOST_BITS or e.bit_length() > _E_BITS or d >= n:
        raise ValueError("its numbers are of an unusual size")
    return n, e, d, p, q


def sign(key: Key, message: bytes) -> bytes:
    """Sign a message.

    Raises:
        ValueError: the key's numbers make none that is good.
    """
    n, e, d, p, q = key
    size = (n.bit_length() + 7) // 8
    digest = _SHA256 + hashlib.sha256(message).digest()
    padded = int.from_bytes(b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest)
    # By the factors, which is four times as fast (RFC 8017, section 5.2.1).
    of_p, of_q = pow(padded, d % (p - 1), p), pow(padded, d % (q - 1), q)
    signature = of_q + (of_p - of_q) * pow(q, -1, p) % p * q
    if pow(signature, e, n) != padded:  # a fault in it would give the key away
        raise ValueError("its numbers do not belong together")
    return signature.to_bytes(size)


def _inside(data: bytes) -> bytes:
    """Return what a sequence that is all of ``data`` holds."""
    (kind, content), *more = _parts(data)
    if kind != _SEQUENCE or more:
        raise ValueError("not a sequence")
    return content


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """Divide DER into its values, each with its kind."""
    found = []
    while data:
        if len(data) < 2:
            raise ValueError("broken off")
        kind, size, begin = data[0], data[1], 2
        if size & 0x80:
            begin += size & 0x7F
            size = int.from_bytes(data[2:begin])
        if begin + size > len(data):
            raise ValueError("broken off")
        found.append((kind, data[begin : begin + size]))
        data = data[begin + size :]
    return found

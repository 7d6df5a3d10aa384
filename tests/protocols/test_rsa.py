"""RSA signatures: what a library of repute verifies, and refusals of what is no key."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.protocols import rsa as ours

KEY = rsa.generate_private_key(65537, 2048)


def pem_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat = PrivateFormat.PKCS8
) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=300))
def test_a_library_finds_our_signature_good(message: bytes) -> None:
    """
    It raises nothing; and there is one signature only, so that it writes the same.
    """
    signature = ours.sign(ours.key_of(pem_of(KEY)), message)

    KEY.public_key().verify(signature, message, PKCS1v15(), SHA256())
    assert signature == KEY.sign(message, PKCS1v15(), SHA256())


@pytest.mark.parametrize("bits", [1024, 1032, 3072])
def test_other_sizes_sign_too(bits: int) -> None:
    """
    Also one that does not end at a byte of a power of two.
    """
    key = rsa.generate_private_key(65537, bits)

    assert ours.sign(ours.key_of(pem_of(key)), b"m") == key.sign(b"m", PKCS1v15(), SHA256())


def framed(text: str) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        ("", "not PKCS #8"),
        ("hello", "not PKCS #8"),
        (pem_of(KEY, PrivateFormat.TraditionalOpenSSL), "not PKCS #8"),
        (pem_of(KEY)[:-80], "not PKCS #8"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
        (framed("".join(pem_of(KEY).split()[3:])[:800]), "broken off"),
        (framed("MAA="), "not enough values"),
        (framed(""), "not enough values"),
        (framed("ü"), "only ASCII"),
    ],
    ids=["nothing", "words", "pkcs1", "no end", "curve", "cut", "empty sequence", "empty", "letters"],
)
def test_what_is_no_key_is_refused(pem: str, why: str) -> None:
    """
    Whatever it is, it is a ValueError.
    """
    with pytest.raises(ValueError, match=why):
        ours.key_of(pem)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1217), st.integers(1, 255))
def test_a_damaged_key_signs_nothing_or_what_is_good(place: int, change: int) -> None:
    """
    A wrong byte anywhere in it never gives a wrong signature away.
    """
    der = bytearray(KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    der[place % len(der)] ^= change

    try:
        signature = ours.sign(ours.key_of(framed(base64.b64encode(der).decode())), b"m")
    except ValueError:
        return
    assert signature == KEY.sign(b"m", PKCS1v15(), SHA256())


def test_a_key_that_would_keep_the_processor_is_refused() -> None:
    """
    A caller's own key may be of any size: an enormous one is not begun with.
    """
    p, q = (1 << 8192) + 1, (1 << 8192) + 3
    numbers = (0, p * q, 65537, 5, p, q)
    inner = b"".join(_number(value) for value in numbers)
    key = _tlv(0x30, b"\x02\x01\x00" + _tlv(0x30, _tlv(0x06, ours._RSA)) + _tlv(0x04, _tlv(0x30, inner)))

    with pytest.raises(ValueError, match="unusual size"):
        ours.key_of(framed(base64.b64encode(key).decode()))


def _number(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _tlv(kind: int, data: bytes) -> bytes:
    size = len(data).to_bytes(4)
    return bytes([kind, 0x84]) + size + data

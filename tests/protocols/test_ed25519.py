"""Ed25519: what the standard and a library of repute sign is good, and nothing else is."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.protocols import ed25519

# RFC 8032, section 7.1: tests 1 to 3, as public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize("vector", VECTORS, ids=["empty", "one byte", "two bytes"])
def test_the_standards_own_signatures_are_good(vector: tuple[str, str, str]) -> None:
    """
    The vectors of the RFC verify, and not for another message.
    """
    key, message, signature = map(bytes.fromhex, vector)

    assert ed25519.verify(key, message, signature)
    assert not ed25519.verify(key, message + b"x", signature)


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_what_a_library_signs_is_good(secret: bytes, message: bytes) -> None:
    """
    Any key and any message.
    """
    key = Ed25519PrivateKey.from_private_bytes(secret)

    assert ed25519.verify(key.public_key().public_bytes_raw(), message, key.sign(message))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 64 * 8 - 1))
def test_one_wrong_bit_spoils_a_signature(bit: int) -> None:
    """
    Wherever it is.
    """
    number = int.from_bytes(KEY.sign(b"m")) ^ (1 << bit)

    assert not ed25519.verify(PUBLIC, b"m", number.to_bytes(64))


def test_a_signature_has_one_form_alone() -> None:
    """
    Its scalar plus the group's order would be as good by arithmetic, and is refused: else one could be made
    of another.
    """
    signature = KEY.sign(b"m")
    more = int.from_bytes(signature[32:], "little") + ed25519.ORDER

    assert not ed25519.verify(PUBLIC, b"m", signature[:32] + more.to_bytes(32, "little"))


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"\xff" * 32, (2).to_bytes(32, "little")])
def test_what_is_no_key_verifies_nothing(key: bytes) -> None:
    """
    Too short, out of range, or not on the curve.
    """
    assert not ed25519.verify(key, b"m", KEY.sign(b"m"))

"""A provider's address to call at: it names one attempt, and nobody else can make one."""

import pytest

from gateway.domain import callback, link
from gateway.domain.callback import PATH, Claim
from gateway.errors import NotFound

SECRET = b"a link secret"
CLAIM = Claim("fal", "video", "gw_1-2")
ENDS_AT = 2_000_000_000.0


def token(claim: Claim = CLAIM, secret: bytes = SECRET) -> str:
    """Return the end of an address."""
    return callback.address("https://gw.example.com", claim, ENDS_AT, secret).partition(PATH)[2]


def test_an_address_says_what_it_is_about() -> None:
    """
    Provider, protocol, and which attempt.
    """
    assert callback.read(token(), ENDS_AT - 1, SECRET) == CLAIM


@pytest.mark.parametrize(
    ("given", "at"),
    [
        (token(), ENDS_AT),
        (token() + "x", 0),
        (token(secret=b"another"), 0),
        (link.sign("fal:video:gw_1-2", ENDS_AT, SECRET), 0),
        ("", 0),
        ("fal:video:gw_1-2", 0),
        ("é.é", 0),
    ],
    ids=["late", "changed", "of another secret", "a link to a file", "empty", "bare", "garbage"],
)
def test_no_other_address_is_taken(given: str, at: float) -> None:
    """
    What we did not sign for this purpose and this time is not told from what does not exist.
    """
    with pytest.raises(NotFound, match=r"^nobody waits for this callback"):
        callback.read(given, at, SECRET)


def test_an_address_to_call_at_opens_no_file() -> None:
    """
    Each purpose has signatures of its own.
    """
    from gateway.errors import Forbidden

    with pytest.raises(Forbidden, match="not signed by this gateway"):
        link.verify(token(), 0, SECRET)


def test_a_password_is_of_one_attempt() -> None:
    """
    Who was told one knows no other.
    """
    words = {callback.password(f"gw_1-{n}", SECRET) for n in range(3)}

    assert len(words) == 3
    assert callback.password("gw_1-1", SECRET) not in callback.password("gw_1-1", b"another")


@pytest.mark.parametrize(
    ("base_url", "provider_url", "can"),
    [
        ("https://gw.example.com", "https://queue.fal.run", True),
        ("https://gw.example.com", "http://127.0.0.1:9000/fal", True),
        ("http://localhost:8787", "http://127.0.0.1:9000/fal", True),
        ("http://localhost:8787", "https://queue.fal.run", False),
        ("https://localhost:8787", "https://queue.fal.run", False),
        ("http://gw.example.com", "https://queue.fal.run", False),
        ("", "https://queue.fal.run", False),
    ],
)
def test_only_a_provider_that_can_reach_us_is_asked(base_url: str, provider_url: str, can: bool) -> None:
    """
    A real provider finds no laptop, and nobody is told to speak in the clear.
    """
    assert callback.reaches(base_url, provider_url) is can

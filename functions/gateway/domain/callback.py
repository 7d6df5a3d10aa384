"""Where a provider calls us when it is done: an address that names the attempt, and proves that we made it.

Rule: a call only wakes who waits, and what the attempt came to is then asked of the provider. So the worst
that a stolen address can do is one look more.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.domain import link
from gateway.errors import Forbidden, Gone, NotFound

PATH = "/v1/callbacks/"
_PURPOSE = b"callback:"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Claim:
    """What an address says: which attempt it is about, and how its provider is spoken to.

    Args:
        reference: our own id of the attempt.
    """

    provider: str
    protocol: str
    reference: str


def address(base_url: str, claim: Claim, expires_at: float, secret: bytes) -> str:
    """Return the address that a provider is given for one attempt."""
    names = f"{claim.provider}:{claim.protocol}:{claim.reference}"
    return f"{base_url}{PATH}{link.sign(names, expires_at, secret, _PURPOSE)}"


def read(token: str, now: float, secret: bytes) -> Claim:
    """Return what the end of an address says.

    Raises:
        NotFound: we did not make it, or its time is over.
    """
    try:
        provider, protocol, reference = link.verify(token, now, secret, _PURPOSE).split(":", 2)
    except (Forbidden, Gone) as error:
        raise NotFound(
            "nobody waits for this callback; its address is not ours, or is too old.", code="path_not_found"
        ) from error
    return Claim(provider, protocol, reference)


def password(reference: str, secret: bytes) -> str:
    """Return a word that only the provider of one attempt is told, and says again when it calls."""
    return link.mac(b"password:" + reference.encode(), secret).hex()


def reaches(base_url: str, provider_url: str) -> bool:
    """Tell whether a provider can call us: at a public address, or where it runs on this very machine.

    >>> reaches("https://gw.example.com", "https://queue.example.com")
    True
    >>> reaches("http://localhost:8787", "https://queue.example.com")
    False
    >>> reaches("http://localhost:8787", "http://127.0.0.1:9000/x")
    True
    """
    return (base_url.startswith("https://") and not _here(base_url)) or (
        _here(base_url) and _here(provider_url)
    )


def _here(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK

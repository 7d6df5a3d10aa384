"""Where a URL that a caller gave may lead: rules for its text, and for the addresses of its name.

Two looks: ``read`` before anything is stored or looked up, ``admits`` at each address that the name has. Only
IPv4: an IPv6 address can hide another one. Only names: an IP has a dozen spellings, and no certificate.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from gateway.errors import InvalidRequest

PORTS = (443, 8443)
LONGEST = 2048
# The word for what is wrong with a URL -> what its owner is told.
REASONS = {
    "malformed": "is not a URL such as https://example.com/hook",
    "scheme": "must begin with https://",
    "userinfo": "must not hold a user or a password",
    "literal": "must have a name, not an IP address, in any spelling",
    "name": "has no name that the public DNS can have",
    "internal": "names a host of a private network or of AWS itself",
    "port": "may have the port 443 or 8443 alone",
    "own": "leads back to this gateway",
}
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# What browsers and resolvers take for the end of an IPv4 address: 127.1, 0x7f.1, 017700000001, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PRIVATE_ENDS = (
    "localhost", "localdomain", "local", "internal", "intranet", "private", "lan", "home", "corp", "arpa",
    "onion", "test", "invalid", "alt",
)  # fmt: skip
_AWS = ("amazonaws.com", "amazonaws.com.cn", "api.aws")
# What customers themselves have under Amazon's own names: buckets, APIs, load balancers.
_THEIRS = re.compile(r"s3(-[a-z0-9-]+)?|execute-api|elb")
# Beyond what ``is_global`` says: protocol assignments, the 6to4 relay, a cloud's own service address.
_RESERVED = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))


@dataclass(frozen=True, slots=True)
class Door:
    """Where to knock: a URL taken apart, its name in the DNS's own spelling.

    Args:
        path: with its query, in ASCII.
    """

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Write the ``Host`` header."""
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not to be called, and why in a word."""

    problem: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a message to a stranger.

    Args:
        status: 0 when it was not sent or not answered; ``problem`` says why in a word.
        retry_after_s: how long the receiver wants to be left alone, where it said so.
    """

    status: int
    retry_after_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A stranger's file in our bucket; its type is told from its bytes, empty where they say nothing."""

    key: str
    content_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Unfetched:
    """No file, and why in a word."""

    problem: str


def read(url: str, *, loopback: bool = False, own: Iterable[str] = ()) -> Door | Refused:
    """Take a URL apart, or refuse it by its text alone.

    Args:
        loopback: whether this machine may be called, as in the local stack: there in HTTP too, at any port.
        own: hosts of this gateway.

    >>> read("https://hooks.example.com/a?b=c").authority, read("https://0x7f.1/").problem
    ('hooks.example.com', 'literal')
    """
    parts = _split(url)
    if parts is None:
        return Refused("malformed")
    host = _ascii(parts.hostname or "")
    problem = "" if loopback and _is_plain_here(parts, host) else _problem(parts, host, own)
    if not problem and not loopback and parts.port not in (None, *PORTS):
        problem = "port"
    if problem:
        return Refused(problem)
    secure = parts.scheme == "https"
    path = quote(
        f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe="%/?:@!$&'()*+,;=-._~[]"
    )
    return Door(secure, host, parts.port or (443 if secure else 80), path)


def require(url: str, name: str, *, loopback: bool = False, own: Iterable[str] = ()) -> None:
    """Refuse a URL of a request before anything is stored.

    Args:
        name: the field that holds it.

    Raises:
        InvalidRequest: says what is wrong, without repeating the URL, which may hold a secret.
    """
    found = read(url, loopback=loopback, own=own)
    if isinstance(found, Refused):
        raise InvalidRequest(f"{name}: {REASONS[found.problem]}.", code="invalid_url", param=name)


def admits(door: Door, address: str, *, loopback: bool = False) -> bool:
    """Tell whether an address that the door's name stands for may be connected to."""
    if loopback and is_here(address):
        return is_here(door.host) or door.secure
    return door.secure and door.port in PORTS and is_public(address)


def is_public(address: str) -> bool:
    """Tell whether an address is an IPv4 one of the public Internet."""
    try:
        found = ipaddress.IPv4Address(address)
    except ValueError:
        return False
    special = found.is_multicast or found.is_reserved or any(found in network for network in _RESERVED)
    return found.is_global and not special


def is_here(host: str) -> bool:
    """Tell whether a name or an address in its usual spelling is this very machine."""
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _split(url: str) -> SplitResult | None:
    """Divide a URL; nothing where clients could disagree on where its parts end."""
    if len(url) > LONGEST or not url.isprintable() or any(sign in url for sign in " \\"):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """Spell a name as the DNS does; what cannot be spelled is left empty."""
    try:
        return host.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        return ""


def _is_plain_here(parts: SplitResult, host: str) -> bool:
    return is_here(host) and parts.scheme in ("http", "https") and "@" not in parts.netloc


def _problem(parts: SplitResult, host: str, own: Iterable[str]) -> str:
    if parts.scheme != "https":
        return "scheme"
    if "@" in parts.netloc:
        return "userinfo"
    return "own" if host in own else _name_problem(parts, host)


def _name_problem(parts: SplitResult, host: str) -> str:
    labels = host.split(".")
    if "[" in parts.netloc or _NUMBER.fullmatch(labels[-1]):
        return "literal"
    if _ends(host, _PRIVATE_ENDS) or (_ends(host, _AWS) and not _is_theirs(labels)):
        return "internal"
    if len(host) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return "name"
    return ""


def _is_theirs(labels: list[str]) -> bool:
    return "vpce" not in labels and any(_THEIRS.fullmatch(label) for label in labels)


def _ends(host: str, ends: Iterable[str]) -> bool:
    return any(host == end or host.endswith(f".{end}") for end in ends)

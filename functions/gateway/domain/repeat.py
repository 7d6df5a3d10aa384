"""A call that may come twice: what its ``Idempotency-Key`` and its contents are known by."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from gateway.errors import InvalidRequest

KEPT_S = 86400
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Repeat:
    """A call with an ``Idempotency-Key``.

    Args:
        name: the hash of that text and of the API key that it came with.
        digest: the hash of what the call asks for.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Made:
    """What the first call with an ``Idempotency-Key`` asked for, as a digest, and the job it made."""

    digest: str
    job: str


def read(text: str, key_id: str, call: str, body: Mapping[str, Any]) -> Repeat:
    """Tell a call from others; spaces and the order of names in its body do not count.

    Args:
        call: method and path.

    Raises:
        InvalidRequest: the text is empty, too long or not printable.
    """
    if not 1 <= len(text) <= LONGEST or not text.isprintable():
        raise InvalidRequest(
            f"Idempotency-Key: must have 1 to {LONGEST} printable characters, such as a UUID.",
            code="invalid_header",
            param="Idempotency-Key",
        )
    return Repeat(_hash(f"{key_id}\n{text}".encode()), _digest(call, body))


def unnamed(key_id: str, call: str, body: Mapping[str, Any]) -> Repeat:
    """Tell a call without an ``Idempotency-Key`` from others by what it asks for alone."""
    digest = _digest(call, body)
    return Repeat(_hash(f"{key_id}\n\n{digest}".encode()), digest)


def numbered(call: Repeat, number: str) -> Repeat:
    """Tell a call from the others that ask for the same."""
    return Repeat(_hash(f"{call.name}\n{number}".encode()), call.digest)


def _digest(call: str, body: Mapping[str, Any]) -> str:
    return _hash(msgspec.json.encode([call, body], order="sorted"))


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()

"""A request and an answer as values; ``transport`` is what turns one into the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What to send. Not printed: headers hold a key, the body a prompt."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """Return the body as JSON values.

        Raises:
            ValueError: it is not JSON.
        """
        return msgspec.json.decode(self.body)


class Stalled(ConnectionError):
    """Nothing came for longer than whoever reads would wait."""


@dataclass(frozen=True, slots=True)
class HttpStream:
    """An answer whose body comes in pieces; header names in lower case."""

    status: int
    headers: dict[str, str]
    chunks: Iterator[bytes] = field(repr=False)

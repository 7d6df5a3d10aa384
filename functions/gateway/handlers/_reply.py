"""Replies in the form of API Gateway's proxy integration; errors in the one form that all answers use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.errors import GatewayError


def reply(status: int, document: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a JSON answer."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store", **(headers or {})},
        "body": msgspec.json.encode(document).decode(),
    }


def redirect(url: str) -> dict[str, Any]:
    """Return a 302 that nobody may keep."""
    return {"statusCode": 302, "headers": {"location": url, "cache-control": "private, no-store"}, "body": ""}


def refusal(error: GatewayError) -> dict[str, Any]:
    """Return an error as its attributes say."""
    return reply(error.status, error.body(), error.headers)


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is made while it is sent."""

    status: int
    headers: dict[str, str]
    body: Iterator[bytes]

    def whole(self) -> dict[str, Any]:
        """Wait for all of the body, which is text, and return the answer in one piece."""
        return {"statusCode": self.status, "headers": self.headers, "body": b"".join(self.body).decode()}

"""Replies in the form of API Gateway's proxy integration; errors in the one form that all answers use."""

import base64
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
    named = {"x-sluice-job": error.job_id, "x-request-id": error.job_id} if error.job_id else {}
    return reply(error.status, error.body(), error.headers | named)


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is made while it is sent: a text, or a file of the type that its header says."""

    status: int
    headers: dict[str, str]
    body: Iterator[bytes]

    def whole(self) -> dict[str, Any]:
        """Wait for all of the body, and return the answer in one piece."""
        body, head = b"".join(self.body), {"statusCode": self.status, "headers": self.headers}
        if self.headers["content-type"].startswith("text/"):
            return head | {"body": body.decode()}
        return head | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

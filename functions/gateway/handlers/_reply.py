"""Replies in the form of API Gateway's proxy integration; errors in the one form that all answers use."""

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


def refusal(error: GatewayError, headers: dict[str, str]) -> dict[str, Any]:
    """Return an error as its attributes say."""
    return reply(error.status, error.body(), {**headers, **error.headers})

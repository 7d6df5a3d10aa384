"""Refusals as OpenAI words them, and all who speak like it.

Source: openai 3.54.0 (Python), read 2026-11-22.
"""

from uuid import uuid4

from sluice.sandbox.wire import Call, Reply, Trouble, TroubleKind, json_reply

TROUBLES: dict[TroubleKind, tuple[int, str, str | None]] = {
    "credential": (401, "invalid_request_error", "invalid_api_key"),
    "bad_key": (401, "invalid_request_error", "invalid_api_key"),
    "credit": (429, "insufficient_quota", "insufficient_quota"),
    "forbidden": (403, "invalid_request_error", "unsupported_country_region_territory"),
    "invalid": (400, "invalid_request_error", "invalid_value"),
    "not_found": (404, "invalid_request_error", "unknown_url"),
    "expired": (404, "invalid_request_error", "not_found"),
    "rate": (429, "requests", "rate_limit_exceeded"),
    "concurrency": (429, "requests", "rate_limit_exceeded"),
    "moderation": (400, "image_generation_user_error", "moderation_blocked"),
    "internal": (500, "server_error", None),
    "unavailable": (503, "server_error", "overloaded"),
    "timeout": (504, "server_error", "timeout"),
}


def trouble(trouble: Trouble, call: Call) -> Reply:
    """Put a refusal into OpenAI's words."""
    status, kind, code = TROUBLES[trouble.kind]
    error = {"message": trouble.message, "type": kind, "param": trouble.param, "code": code}
    return json_reply(trouble.status or status, {"error": error}, {"x-request-id": request_id()})


def request_id() -> str:
    """Make an id in OpenAI's form."""
    return f"req_{uuid4().hex}"

"""Mistral: chats in OpenAI's form, errors in its own: what is wrong with a request stands in a list.

Source: mistralai 3.7.0 (Python), read 2026-11-25. Not verified: the codes, and how a prompt is refused.
"""

import json

from sluice.sandbox.dialects.openai_chat import CHAT, embeddings
from sluice.sandbox.dialects.openai_error import TROUBLES, request_id
from sluice.sandbox.wire import Call, Dialect, Reply, Talk, Trouble, TroubleKind, bearer, json_reply

KINDS: dict[TroubleKind, tuple[str, str]] = {
    "not_found": ("invalid_model", "1500"),
    "rate": ("rate_limited", "1300"),
    "concurrency": ("rate_limited", "1300"),
    "moderation": ("invalid_request_error", "content_filter"),
}
"""Kind of trouble to Mistral's type and code."""


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if trouble.kind in ("credential", "bad_key"):
        return json_reply(401, {"detail": "Unauthorized"})
    if trouble.kind == "invalid":
        wrong = {"type": "value_error", "loc": ["body", trouble.param or ""], "msg": trouble.message}
        return json_reply(trouble.status or 422, {"detail": [wrong]})
    kind, code = KINDS.get(trouble.kind, ("internal_server_error", "1000"))
    error = {"object": "error", "message": trouble.message, "type": kind, "param": None, "code": code}
    return json_reply(trouble.status or TROUBLES[trouble.kind][0], error)


def _embeddings(call: Call) -> Reply:
    """Answer as OpenAI does, with an id, which Mistral's own SDK wants."""
    answer = embeddings(call)
    return json_reply(200, {"id": request_id(), **json.loads(answer.body)}, has_media=True)


DIALECT = Dialect(
    "mistral",
    (Talk("/v1/embeddings", _embeddings), *CHAT),
    bearer,
    _trouble,
    request_id,
    tells_retry=True,
)

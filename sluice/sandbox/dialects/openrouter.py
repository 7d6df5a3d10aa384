"""OpenRouter: chats in OpenAI's form; an error's code is its HTTP code, a flagged prompt a 403 with reasons.

Source: openrouter 1.3.84 (Python) and openrouter.ai/docs/errors, read 2026-11-25.
"""

import json

from sluice.sandbox.dialects.openai_chat import CHAT
from sluice.sandbox.dialects.openai_error import TROUBLES, request_id
from sluice.sandbox.wire import Call, Dialect, Reply, Trouble, bearer, json_reply

STATUSES = {"credit": 402, "moderation": 403}
"""Kind of trouble to its status, where that is another one than OpenAI's."""

BUSY = {
    "id": "gen-1",
    "object": "chat.completion.chunk",
    "created": 0,
    "model": "busy",
    "error": {
        "code": 503,
        "message": "Provider overloaded",
        "metadata": {"error_type": "provider_overloaded"},
    },
    "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status = trouble.status or STATUSES.get(trouble.kind) or TROUBLES[trouble.kind][0]
    error: dict[str, object] = {"code": status, "message": trouble.message}
    if trouble.kind == "moderation":
        error["metadata"] = {"reasons": ["violence"], "flagged_input": "...", "provider_name": "sandbox"}
    return json_reply(status, {"error": error, "user_id": "user_sandbox"})


DIALECT = Dialect(
    "openrouter",
    CHAT,
    bearer,
    _trouble,
    request_id,
    tells_retry=True,
    overload=f"data: {json.dumps(BUSY)}\n\n".encode(),
)

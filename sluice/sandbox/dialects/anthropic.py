"""Anthropic: messages, whole or as a stream of events.

Source: anthropic 2.13.0 (Python), API version 2026-10-21, read 2026-11-25.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from sluice.sandbox import fields, speech
from sluice.sandbox.speech import Speech
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Reply,
    Talk,
    Trouble,
    TroubleKind,
    bearer,
    event_reply,
    json_reply,
)

VERSIONS = ("2023-06-01", "2026-10-21")
KNOWN = {
    "cache_control", "container", "diagnostics", "inference_geo", "max_tokens", "messages", "metadata",
    "model", "output_config", "service_tier", "speed", "stop_sequences", "stream", "system", "thinking",
    "tool_choice", "tools",
}  # fmt: skip
SAMPLING = {"temperature", "top_k", "top_p"}
"""Fields of the older version only."""

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "authentication_error"),
    "bad_key": (401, "authentication_error"),
    "credit": (402, "billing_error"),
    "forbidden": (403, "permission_error"),
    "invalid": (400, "invalid_request_error"),
    "moderation": (400, "invalid_request_error"),
    "not_found": (404, "not_found_error"),
    "expired": (404, "not_found_error"),
    "rate": (429, "rate_limit_error"),
    "concurrency": (429, "rate_limit_error"),
    "internal": (500, "api_error"),
    "unavailable": (529, "overloaded_error"),
    "timeout": (504, "timeout_error"),
}


REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if trouble.kind == "moderation":
        return _refusal(call)
    status, kind = TROUBLES[trouble.kind]
    name = _id("req")
    error = {"type": "error", "error": {"type": kind, "message": trouble.message}, "request_id": name}
    return json_reply(trouble.status or status, error, {"request-id": name})


def _gate(call: Call) -> None:
    if call.headers.get("anthropic-version") not in VERSIONS:
        raise fields.invalid("anthropic-version", "anthropic-version: header is required")


def _talk(call: Call) -> Reply:
    """Answer in words; the question goes to our speaker in OpenAI's form."""
    _check(call)
    said, head = speech.speak(_question(call.body)), _head(call)
    headers = {"request-id": _id("req"), "anthropic-ratelimit-requests-remaining": "999"}
    if call.body.get("stream"):
        pieces = tuple(_event(each) for each in _events(head, said))
        return event_reply(pieces, "text/event-stream; charset=utf-8", headers)
    content = [block for block, _ in _content(said)]
    answer = {**head, "content": content, **_stop(REASONS[said.finish]), "usage": _usage(said)}
    return json_reply(200, answer, headers, has_media=True)


def _refusal(call: Call) -> Reply:
    """Answer with no words at all, as the API does where it refuses."""
    answer = {
        **_head(call),
        "content": [],
        **_stop("refusal"),
        "usage": {"input_tokens": 9, "output_tokens": 0},
    }
    if not call.body.get("stream"):
        return json_reply(200, answer)
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": answer | {"stop_reason": None}},
        {"type": "message_delta", "delta": _stop("refusal"), "usage": {"output_tokens": 0}},
        {"type": "message_stop"},
    ]
    return event_reply(tuple(map(_event, events)), "text/event-stream; charset=utf-8", {})


def _check(call: Call) -> None:
    known = KNOWN | (SAMPLING if call.headers["anthropic-version"] == VERSIONS[0] else set())
    for name in call.body:
        if name not in known:
            raise fields.invalid(name, f"{name}: Extra inputs are not permitted")
    fields.text(call.body, "model")
    if "max_tokens" not in call.body:
        raise fields.invalid("max_tokens", "max_tokens: Field required")
    fields.whole(call.body, "max_tokens", 0, 1, 128_000)
    messages = call.body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise fields.invalid("messages", "messages: at least one message is required")
    _check_results(messages)


def _check_results(messages: list[Mapping[str, Any]]) -> None:
    """Check that results of tools answer the calls right before them, each one."""
    wanted: set[str] = set()
    for message in messages:
        blocks = _blocks(message)
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if results != wanted:
            text = "messages: each tool_use block must have its tool_result block in the next message"
            raise fields.invalid("messages", text)
        wanted = {block["id"] for block in blocks if block["type"] == "tool_use"}


def _blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _question(body: Mapping[str, Any]) -> dict[str, Any]:
    form = (body.get("output_config") or {}).get("format")
    choice = body.get("tool_choice") or {"type": "auto"}
    words = {"any": "required", "tool": {"function": {"name": choice.get("name")}}}
    tools = [
        {"function": {"name": tool["name"], "parameters": tool["input_schema"]}}
        for tool in body.get("tools") or []
    ]
    return {
        "messages": [_message(each) for each in body["messages"]],
        "max_tokens": body["max_tokens"],
        "stop": body.get("stop_sequences"),
        "tools": tools,
        "tool_choice": words.get(choice["type"], choice["type"]),
        "parallel_tool_calls": not choice.get("disable_parallel_tool_use"),
        "response_format": form and {"type": "json_schema", "json_schema": {"schema": form["schema"]}},
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    blocks = _blocks(message)
    answers = any(block["type"] == "tool_result" for block in blocks)
    return {"role": "tool" if answers else message["role"], "content": [_part(block) for block in blocks]}


def _part(block: Mapping[str, Any]) -> dict[str, Any]:
    if block["type"] == "text" and not block["text"]:
        raise fields.invalid("messages", "messages: text content blocks must be non-empty")
    if block["type"] == "image" and block["source"]["type"] == "base64":
        fields.picture_in_base64("messages", block["source"]["data"])
    return {"type": "image_url"} if block["type"] == "image" else {"type": "text", "text": block.get("text")}


def _events(head: dict[str, Any], said: Speech) -> Iterator[dict[str, Any]]:
    start = {**head, "content": [], "stop_reason": None, "stop_sequence": None}
    yield {"type": "message_start", "message": {**start, "usage": {**_usage(said), "output_tokens": 1}}}
    yield {"type": "ping"}
    for index, (block, deltas) in enumerate(_content(said)):
        empty: dict[str, Any] = {"text": ""} if block["type"] == "text" else {"input": {}}
        yield {"type": "content_block_start", "index": index, "content_block": block | empty}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    usage = {"output_tokens": said.completion_tokens}
    yield {"type": "message_delta", "delta": _stop(REASONS[said.finish]), "usage": usage}
    yield {"type": "message_stop"}


def _content(said: Speech) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return each block, and the deltas that it is streamed in."""
    if said.tokens:
        words = [{"type": "text_delta", "text": token} for token in said.tokens]
        yield {"type": "text", "text": said.text, "citations": None}, words
    for call in said.calls:
        pieces = ["", *(call.arguments[at : at + 8] for at in range(0, len(call.arguments), 8))]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        name = call.id.replace("call", "toolu")
        yield {"type": "tool_use", "id": name, "name": call.name, "input": json.loads(call.arguments)}, deltas


def _head(call: Call) -> dict[str, Any]:
    return {"id": _id("msg"), "type": "message", "role": "assistant", "model": call.body.get("model")}


def _stop(reason: str) -> dict[str, Any]:
    return {"stop_reason": reason, "stop_sequence": None}


def _usage(said: Speech) -> dict[str, Any]:
    return {
        "input_tokens": said.prompt_tokens - said.cached_tokens,
        "cache_read_input_tokens": said.cached_tokens,
        "cache_creation_input_tokens": 0,
        "output_tokens": said.completion_tokens,
    }


def _event(event: Mapping[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _id(kind: str) -> str:
    return f"{kind}_{uuid4().hex[:24]}"


DIALECT = Dialect(
    name="anthropic",
    key=lambda call: call.headers.get("x-api-key") or bearer(call),
    trouble=_trouble,
    job_id=lambda: _id("msg"),
    tells_retry=True,
    gate=_gate,
    overload=_event(BUSY),
    routes=(Talk("/v1/messages", _talk),),
)

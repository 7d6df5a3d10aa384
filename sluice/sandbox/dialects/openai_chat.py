"""Chats and embeddings in OpenAI's form, under whatever path a provider has them.

Source: openai 3.54.0 (Python), ``types/chat`` and ``types/create_embedding_response.py``, read 2026-11-25.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from struct import pack
from typing import Any

from sluice.sandbox import fields, speech
from sluice.sandbox.dialects.openai_error import request_id, trouble
from sluice.sandbox.dialects.openai_listen import LISTEN
from sluice.sandbox.speech import Speech
from sluice.sandbox.wire import Call, Dialect, Reply, Talk, bearer, event_reply, json_reply

# Longer ones are asked for by ``dimensions``.
USUAL_DIMENSIONS = 256
# Who tells the usage of every stream, and knows no option for it.
COUNTS_UNASKED = ("mistral",)
# Who repeats the role in every piece, numbers the calls of whole answers, and has a place for the prompt: its
# SDK wants all that (together 2.36.0).
REPEATS = ("together",)
END = b"data: [DONE]\n\n"


def _chat(call: Call) -> Reply:
    body = call.body
    fields.text(body, "model")
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise fields.invalid("messages", "Invalid 'messages': expected an array with at least one item.")
    said = [speech.speak(body, index) for index in range(fields.whole(body, "n", 1, 1, 128))]
    headers = {"x-request-id": request_id()}
    if body.get("stream"):
        pieces = tuple(_event(each) for each in _chunks(call, said))
        return event_reply((*pieces, END), "text/event-stream; charset=utf-8", headers)
    choices = [_choice(call, index, each) for index, each in enumerate(said)]
    answer = {**_head(call, "chat.completion"), "choices": choices, "usage": _usage(said)}
    answer |= {"prompt": []} if call.provider in REPEATS else {}
    return json_reply(200, answer, headers, has_media=True)


def _choice(call: Call, index: int, said: Speech) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.calls:
        message["tool_calls"] = [
            _call(each) | ({"index": number} if call.provider in REPEATS else {})
            for number, each in enumerate(said.calls)
        ]
    logprobs = {"content": [_logprob(token) for token in said.tokens]} if call.body.get("logprobs") else None
    return {"index": index, "message": message, "finish_reason": said.finish, "logprobs": logprobs}


def _chunks(call: Call, said: list[Speech]) -> Iterator[dict[str, Any]]:
    head = _head(call, "chat.completion.chunk")
    asked = (call.body.get("stream_options") or {}).get("include_usage")
    counted = bool(asked) or call.provider in COUNTS_UNASKED
    more: dict[str, Any] = {"usage": None} if counted else {}

    def piece(index: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        logged = bool(call.body.get("logprobs") and delta.get("content"))
        delta = {"role": "assistant", **delta} if call.provider in REPEATS else delta
        logprobs = {"content": [_logprob(delta["content"])]} if logged else None
        choice = {"index": index, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
        return {**head, "choices": [choice], **more}

    for index, each in enumerate(said):
        yield piece(index, {"role": "assistant", "content": None if each.calls else ""})
        for token in each.tokens:
            yield piece(index, {"content": token})
        for number, tool in enumerate(each.calls):
            begun = {**_call(tool), "index": number, "function": {"name": tool.name, "arguments": ""}}
            yield piece(index, {"tool_calls": [begun]})
            for start in range(0, len(tool.arguments), 8):
                part = {"index": number, "function": {"arguments": tool.arguments[start : start + 8]}}
                yield piece(index, {"tool_calls": [part]})
        yield piece(index, {}, each.finish)
    if counted:
        yield {**head, "choices": [], "usage": _usage(said)}


def embeddings(call: Call) -> Reply:
    """Answer with a vector for each text."""
    body = call.body
    fields.text(body, "model")
    given = body.get("input")
    if not given:
        raise fields.invalid("input", "Missing required parameter: 'input'.")
    texts = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    size = fields.whole(body, "dimensions", USUAL_DIMENSIONS, 1, 4096)
    packed = fields.choice(body, "encoding_format", "float", ("float", "base64")) == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _written(speech.vector(text, size), packed)}
        for index, text in enumerate(texts)
    ]
    tokens = sum(speech.tokens_in(text) if isinstance(text, str) else len(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "data": data, "model": body["model"], "usage": usage}
    return json_reply(200, answer, {"x-request-id": request_id()}, has_media=True)


def _written(vector: list[float], packed: bool) -> list[float] | str:
    return b64encode(pack(f"<{len(vector)}f", *vector)).decode() if packed else vector


def _head(call: Call, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{request_id()[4:]}",
        "object": kind,
        "created": int(call.now),
        "model": call.body["model"],
        "system_fingerprint": None,
    }


def _usage(said: list[Speech]) -> dict[str, Any]:
    heard, made = said[0].prompt_tokens, sum(each.completion_tokens for each in said)
    return {
        "prompt_tokens": heard,
        "completion_tokens": made,
        "total_tokens": heard + made,
        "prompt_tokens_details": {"cached_tokens": said[0].cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _call(call: speech.ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _logprob(token: str) -> dict[str, Any]:
    return {"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": []}


def _event(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


CHAT = (Talk(r"(?:/[\w.-]+)*/chat/completions", _chat), Talk(r"(?:/[\w.-]+)*/embeddings", embeddings))


def _alike(name: str) -> Dialect:
    return Dialect(name, (*CHAT, *LISTEN), bearer, trouble, request_id, tells_retry=True)


# Providers of which nothing but this and transcription is played.
DIALECTS = tuple(
    map(
        _alike,
        ("groq", "deepseek", "moonshot", "nvidia", "fireworks"),
    )
)

"""Anthropic's Messages, API version 2026-10-21.

A schema goes into the API's own output format, not into a forced tool: so tools stay free, and the answer is
text. There is no JSON mode without a schema.

Source: anthropic 2.13.0 (Python), ``types/message*``, ``types/raw_*``, ``_streaming.py``, read 2026-11-25.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.protocols.chat import conversation, reading
from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.conversation import File, Part, Result, Text, Unfit, Use, told
from gateway.protocols.sse import Event

# The API wants a limit; thoughts count against it.
MOST_TOKENS = 32_000
_REASONS = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_ERRORS = {"overloaded_error": "capacity", "rate_limit_error": "capacity", "timeout_error": "timeout"}


def body(request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
    """Write the request.

    Raises:
        Unfit: a sound, a JSON mode without schema, or another form that the API does not know.
    """
    tools = [
        told(name=tool.name, description=tool.description, input_schema=tool.schema, strict=tool.strict)
        for tool in conversation.tools(request)
    ]
    return {
        "model": endpoint,
        "max_tokens": conversation.most_tokens(request) or MOST_TOKENS,
        "messages": [
            {"role": turn.role, "content": [_block(part) for part in turn.parts]}
            for turn in conversation.turns(request)
        ],
        **told(
            system="\n\n".join(conversation.instructions(request)),
            stop_sequences=conversation.stops(request),
            temperature=request.get("temperature"),
            top_p=request.get("top_p"),
            tools=tools,
            tool_choice=_tool_choice(request) if tools else None,
            output_config=told(format=_format(request), effort=request.get("reasoning_effort")),
            stream=streamed or None,
        ),
    }


@reading.whole
def completion(answer: Any) -> dict[str, Any]:
    """Read a whole answer."""
    blocks = answer["content"]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    thoughts = [block["thinking"] for block in blocks if block["type"] == "thinking" and block["thinking"]]
    calls = [
        reading.call(block["name"], block["id"], block["input"])
        for block in blocks
        if block["type"] == "tool_use"
    ]
    choice = reading.choice(texts, thoughts, calls, _reason(answer.get("stop_reason")))
    return {"choices": [choice], "usage": _usage(answer["usage"])}


@reading.pieces
def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Read a stream up to its last event, ``message_stop``; its counts of tokens are cumulative."""
    usage: dict[str, Any] = {}
    calls: dict[int, int] = {}
    for event in events:
        said = _well(reading.decoded(event))
        match said.get("type"):
            case "message_start":
                usage |= said["message"].get("usage") or {}
            case "content_block_start" if said["content_block"]["type"] == "tool_use":
                index = calls.setdefault(said["index"], len(calls))
                yield reading.call_begun(index, said["content_block"]["name"], said["content_block"]["id"])
            case "content_block_delta":
                yield from _delta(said["delta"], calls.get(said["index"], 0))
            case "message_delta":
                usage |= {name: n for name, n in (said.get("usage") or {}).items() if n is not None}
                if reason := said["delta"].get("stop_reason"):
                    yield reading.delta(reason=_reason(reason))
            case "message_stop":
                yield {"choices": [], "usage": _usage(usage)}
                return
    raise reading.cut_off()


def _well(said: dict[str, Any]) -> dict[str, Any]:
    """Return an event, or raise the error that it tells of."""
    if said.get("type") == "error":
        kind = said["error"]["type"]
        raise Broken(kind, said["error"].get("message") or kind, _ERRORS.get(kind, "transient"))
    return said


def _delta(said: Mapping[str, Any], call: int) -> Iterator[dict[str, Any]]:
    match said["type"]:
        case "text_delta":
            yield reading.delta(content=said["text"])
        case "thinking_delta":
            yield reading.delta(reasoning_content=said["thinking"])
        case "input_json_delta" if said["partial_json"]:
            yield reading.call_goes_on(call, said["partial_json"])


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case File("image", media_type, data, url):
            source = {"type": "base64", "media_type": media_type, "data": data}
            return {"type": "image", "source": {"type": "url", "url": url} if url else source}
        case Use(called, name, arguments):
            return {"type": "tool_use", "id": called, "name": name, "input": arguments}
        case Result(called, _, parts):
            return {"type": "tool_result", "tool_use_id": called, "content": [_block(each) for each in parts]}
    raise Unfit("takes no audio")


def _tool_choice(request: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, name = conversation.tool_choice(request)
    alone = True if request.get("parallel_tool_calls") is False and kind != "none" else None
    if kind == "auto" and not alone:
        return None
    return told(type={"required": "any"}.get(kind, kind), name=name, disable_parallel_tool_use=alone)


def _format(request: Mapping[str, Any]) -> dict[str, Any] | None:
    form, described = conversation.answer_form(request)
    if form == "json_object":
        raise Unfit("has no response_format json_object, only json_schema")
    return {"type": "json_schema", "schema": described["schema"]} if form == "json_schema" else None


def _reason(stop_reason: str | None) -> str:
    return _REASONS.get(stop_reason or "", "stop")


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Count: the API tells of what came from its cache, or went there, beside the other input."""
    cached = counts.get("cache_read_input_tokens") or 0
    prompt = (counts.get("input_tokens") or 0) + (counts.get("cache_creation_input_tokens") or 0) + cached
    thoughts = (counts.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    return reading.usage(prompt, cached, counts.get("output_tokens") or 0, reasoning=thoughts)

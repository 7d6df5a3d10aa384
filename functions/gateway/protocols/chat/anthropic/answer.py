"""An answer of Anthropic's Messages, whole or streamed."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.protocols.chat import reading
from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event

_REASONS = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_ERRORS = {"overloaded_error": "capacity", "rate_limit_error": "capacity", "timeout_error": "timeout"}


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


def _reason(stop_reason: str | None) -> str:
    return _REASONS.get(stop_reason or "", "stop")


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Count: the API tells of what came from its cache, or went there, beside the other input."""
    cached = counts.get("cache_read_input_tokens") or 0
    prompt = (counts.get("input_tokens") or 0) + (counts.get("cache_creation_input_tokens") or 0) + cached
    thoughts = (counts.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    return reading.usage(prompt, cached, counts.get("output_tokens") or 0, reasoning=thoughts)

"""An answer of Bedrock's Converse, whole or streamed."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.protocols.chat import reading
from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event

_REASONS = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_ERRORS = {
    "throttlingException": "capacity",
    "serviceUnavailableException": "capacity",
    "validationException": "request",
}


@reading.whole
def completion(answer: Any) -> dict[str, Any]:
    """Read a whole answer."""
    blocks = answer["output"]["message"]["content"]
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    thoughts = [
        block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "") for block in blocks
    ]
    choice = reading.choice(
        [block["text"] for block in blocks if "text" in block],
        [text for text in thoughts if text],
        [reading.call(use["name"], use["toolUseId"], use["input"]) for use in uses],
        _REASONS.get(answer["stopReason"], "stop"),
    )
    return {"choices": [choice], "usage": _usage(answer["usage"])}


@reading.pieces
def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Read a stream; ``metadata``, with the counts of tokens, comes after ``messageStop``."""
    calls: dict[int, int] = {}
    stopped = False
    for event in events:
        said = _well(event)
        match event.name:
            case "contentBlockStart" if use := said["start"].get("toolUse"):
                index = calls.setdefault(said["contentBlockIndex"], len(calls))
                yield reading.call_begun(index, use["name"], use["toolUseId"])
            case "contentBlockDelta":
                yield from _delta(said["delta"], calls.get(said["contentBlockIndex"], 0))
            case "messageStop":
                stopped = True
                yield reading.delta(reason=_REASONS.get(said["stopReason"], "stop"))
            case "metadata":
                yield {"choices": [], "usage": _usage(said["usage"])}
    if not stopped:
        raise reading.cut_off()


def _well(event: Event) -> dict[str, Any]:
    """Read an event, or raise the exception that it is."""
    said = reading.decoded(event)
    if event.name.endswith("Exception"):
        raise Broken(event.name, said.get("message") or event.name, _ERRORS.get(event.name, "transient"))
    return said


def _delta(said: Mapping[str, Any], call: int) -> Iterator[dict[str, Any]]:
    if said.get("text"):
        yield reading.delta(content=said["text"])
    if thought := said.get("reasoningContent", {}).get("text"):
        yield reading.delta(reasoning_content=thought)
    if arguments := said.get("toolUse", {}).get("input"):
        yield reading.call_goes_on(call, arguments)


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Count: the API tells of what came from its cache, or went there, beside the other input."""
    cached = counts.get("cacheReadInputTokens") or 0
    prompt = counts["inputTokens"] + (counts.get("cacheWriteInputTokens") or 0) + cached
    return reading.usage(prompt, cached, counts["outputTokens"])

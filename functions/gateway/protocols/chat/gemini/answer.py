"""An answer of Google's generateContent, whole or streamed."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.protocols.chat import reading
from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event

_REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "OTHER": "stop", "CONTINUATION": "length"}
_ERRORS = {"RESOURCE_EXHAUSTED": "capacity", "UNAVAILABLE": "capacity", "DEADLINE_EXCEEDED": "timeout"}


@reading.whole
def completion(answer: Any) -> dict[str, Any]:
    """Read a whole answer."""
    candidate = answer["candidates"][0]
    parts = candidate.get("content", {}).get("parts") or []
    texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    thoughts = [part["text"] for part in parts if "text" in part and part.get("thought")]
    calls = _calls(parts, answer.get("responseId", ""), 0)
    choice = reading.choice(texts, thoughts, calls, _reason(candidate["finishReason"], bool(calls)))
    return {"choices": [choice], "usage": _usage(answer.get("usageMetadata") or {})}


@reading.pieces
def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Read a stream; its last candidate has a reason to finish, and its last event the counts of tokens."""
    usage: dict[str, Any] = {}
    reason, begun, silent = "", 0, True
    for event in events:
        said = reading.decoded(event)
        _refuse(said)
        usage = said.get("usageMetadata") or usage
        candidate = (said.get("candidates") or [{}])[0]
        parts = candidate.get("content", {}).get("parts") or []
        silent = silent and not parts
        for part in parts:
            if part.get("text"):
                yield reading.delta(**{_side(part): part["text"]})
        for call in _calls(parts, said.get("responseId", ""), begun):
            yield reading.delta(tool_calls=[{"index": begun, **call}])
            begun += 1
        reason = candidate.get("finishReason") or reason
    yield reading.delta(reason=_ended(reason, called=begun > 0, silent=silent))
    yield {"choices": [], "usage": _usage(usage)}


def _side(part: Mapping[str, Any]) -> str:
    return "reasoning_content" if part.get("thought") else "content"


def _calls(parts: list[dict[str, Any]], answer_id: str, begun: int) -> list[dict[str, Any]]:
    """Read calls; one without an id gets one of the answer's and its number."""
    found = [part for part in parts if "functionCall" in part]
    return [_call(part, f"call_{answer_id}_{begun + index}") for index, part in enumerate(found)]


def _call(part: dict[str, Any], own_id: str) -> dict[str, Any]:
    asked, signature = part["functionCall"], part.get("thoughtSignature")
    call = reading.call(asked["name"], asked.get("id") or own_id, asked.get("args"))
    return call | ({"extra_content": {"google": {"thought_signature": signature}}} if signature else {})


def _reason(finish_reason: str, called: bool) -> str:
    if finish_reason == "STOP" and called:
        return "tool_calls"
    return _REASONS.get(finish_reason, "content_filter")


def _ended(reason: str, *, called: bool, silent: bool) -> str:
    """Say why a stream ended; one that was blocked before its first word is a refusal, not an answer."""
    if not reason:
        raise reading.cut_off()
    word = _reason(reason, called)
    if word == "content_filter" and silent:
        raise Broken(reason, "the answer was blocked", "moderation")
    return word


def _refuse(said: Mapping[str, Any]) -> None:
    """Raise what stands in a stream in place of an answer."""
    if error := said.get("error"):
        raise Broken(error["status"], error.get("message", ""), _ERRORS.get(error["status"], "transient"))
    if blocked := (said.get("promptFeedback") or {}).get("blockReason"):
        raise Broken(blocked, "the prompt was blocked", "moderation")


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Count: thoughts are told beside the answer, and what came from a cache is part of the prompt."""
    heard = counts.get("promptTokensDetails") or []
    audio = sum(each.get("tokenCount", 0) for each in heard if each.get("modality") == "AUDIO")
    thoughts = counts.get("thoughtsTokenCount") or 0
    return reading.usage(
        counts.get("promptTokenCount") or 0,
        counts.get("cachedContentTokenCount") or 0,
        (counts.get("candidatesTokenCount") or 0) + thoughts,
        reasoning=thoughts,
        prompt_audio=audio,
    )

"""OpenAI's chat completions, and all who speak like it: our own form, so that little is to be changed.

Source: openai 3.54.0 (Python), ``types/chat``, read 2026-11-25.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event

END = "[DONE]"


def body(request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
    """Write the request; of a stream we always want the count of its tokens."""
    asked = {"model": endpoint, **request}
    return asked | ({"stream": True, "stream_options": {"include_usage": True}} if streamed else {})


def completion(answer: Any) -> dict[str, Any]:
    """Read a whole answer: its choices, and its usage where it has one.

    Raises:
        ValueError: it has no choices.
    """
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not choices:
        raise ValueError("the answer has no choices")
    for choice in choices:
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            raise ValueError("a choice has no message")
    return {"choices": choices, "usage": answer.get("usage")}


def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Read a stream up to its end mark.

    Raises:
        Broken: the provider tells of an error, writes something else, or stops before its end mark.
    """
    for event in events:
        if event.data.strip() == END:
            return
        chunk = _chunk(event)
        if chunk.get("choices") or chunk.get("usage"):
            yield {"choices": chunk.get("choices") or [], "usage": chunk.get("usage")}
    raise Broken("cut_off", "the stream ended before its end mark")


def _chunk(event: Event) -> dict[str, Any]:
    try:
        chunk = msgspec.json.decode(event.data)
    except msgspec.DecodeError as error:
        raise Broken("malformed", "an event of the stream is no JSON") from error
    if not isinstance(chunk, dict):
        raise Broken("malformed", "an event of the stream is no object")
    if told := chunk.get("error"):
        raise _broken(told)
    return chunk


def _broken(told: Any) -> Broken:
    """Read an error that comes as an event; its code may be an HTTP code, as some write it."""
    if not isinstance(told, dict):
        return Broken("error", str(told))
    code = str(told.get("code") or told.get("type") or "error")
    capacity = code in ("429", "503", "529", "rate_limit_exceeded", "overloaded", "overloaded_error")
    return Broken(code, str(told.get("message") or code), "capacity" if capacity else "transient")

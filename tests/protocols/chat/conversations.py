"""A request that has everything, and the reading of streams, for the tests of the families."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from gateway.protocols.sse import Event

PICTURE = "data:image/png;base64,aGk="
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": WEATHER},
}


def call_of(called: str, city: str, **extra: Any) -> dict[str, Any]:
    """Ask for the weather of a city, as a model does."""
    function = {"name": "weather", "arguments": json.dumps({"city": city})}
    return {"id": called, "type": "function", "function": function, **extra}


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Make a request; a text is what the user says."""
    return {"messages": list(messages) or [{"role": "user", "content": "hi"}], **fields}


def whole_talk(picture: str = PICTURE) -> list[dict[str, Any]]:
    """Return a conversation with instructions, a picture, two calls at once and their results."""
    look = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": picture}}]
    return [
        {"role": "system", "content": "be kind"},
        {"role": "developer", "content": [{"type": "text", "text": "be brief"}]},
        {"role": "user", "content": "hello"},
        {"role": "user", "content": look},
        {"role": "assistant", "content": "", "tool_calls": [call_of("c1", "Rome"), call_of("c2", "Oslo")]},
        {"role": "tool", "tool_call_id": "c1", "content": "sun"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "snow"}]},
        {"role": "user", "content": "and now?"},
    ]


def read(
    chunks: Callable[[Iterator[Event]], Iterator[dict[str, Any]]], *events: tuple[str, Any]
) -> list[dict[str, Any]]:
    """Read a stream of events: name and data."""
    return list(chunks(iter_of(*events)))


def iter_of(*events: tuple[str, Any]) -> Iterator[Event]:
    """Make a stream of events: name and data."""
    return (Event(name, json.dumps(data)) for name, data in events)


def deltas(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a stream says, without its end."""
    return [choice["delta"] for chunk in chunks for choice in chunk["choices"] if choice["delta"]]


def ends(chunks: list[dict[str, Any]]) -> tuple[str | None, dict[str, Any]]:
    """Return why a stream ended, and what it counted."""
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    return next(reason for reason in reasons if reason), chunks[-1]["usage"]

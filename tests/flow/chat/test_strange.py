"""Whatever stands anywhere in a body, a call is taken in or refused in our words: nothing breaks."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain import chat, response
from gateway.errors import GatewayError
from gateway.flow.chat import entry
from tests.builders import CALLER
from tests.flow.chat.line import on

ANYBODY = replace(CALLER, tier="without limits")
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}}
CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CHAT = {
    "model": "gemini-flash",
    "messages": [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": [{"type": "text", "text": "see"}, PICTURE, SOUND]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c", "content": "42"},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    "provider": {
        "order": ["google"],
        "max_price": {"prompt": 9, "completion": "90"},
        "allow_fallbacks": False,
    },
    "stream": True,
    "stream_options": {"include_usage": True},
}
RESPONSE = {
    "model": "claude-sonnet",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "42"},
        {"type": "reasoning", "summary": []},
    ],
    "tools": [{"type": "function", "name": "look", "parameters": SCHEMA}],
    "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}},
    "reasoning": {"effort": "low"},
}
EMBEDDING = {"model": "text-embedding-3-small", "input": ["a", "b"], "encoding_format": "base64"}
BODIES = {"chat": CHAT, "response": RESPONSE, "embedding": EMBEDDING}
STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return where in a body something stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*at, name)
        yield from places(each, (*at, name))


def status(kind: str, body: dict[str, Any]) -> int:
    """Take a call in; a refusal has its status."""
    ports, _ = on({})
    try:
        match kind:
            case "response":
                asked = chat.read_chat(response.chat_of(body))
            case "embedding":
                asked = chat.read_embedding(body)
            case _:
                asked = chat.read_chat(body)
        entry.take_in(ports, ANYBODY, asked)
    except GatewayError as refused:
        return refused.status
    return 200


def test_without_anything_strange_they_are_taken_in() -> None:
    """
    So a refusal below is for the one value.
    """
    assert [status(kind, body) for kind, body in BODIES.items()] == [200] * len(BODIES)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.sampled_from([(kind, at) for kind, body in BODIES.items() for at in places(body)]), STRANGE)
def test_anything_may_stand_anywhere(place: tuple[str, tuple[Any, ...]], strange: Any) -> None:
    """
    One value of a body is another; all others are as they should be.
    """
    kind, (*way, name) = place
    body = inner = deepcopy(BODIES[kind])
    for step in way:
        inner = inner[step]
    inner[name] = strange

    assert status(kind, body) in (200, 400, 404)

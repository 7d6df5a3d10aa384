"""What the families besides ours share when they read: events of JSON, and the forms of our answer."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import msgspec

from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event

_ABSENT = (AttributeError, IndexError, KeyError, TypeError)
Answer = dict[str, Any]


def whole(read: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """Let a reader of whole answers raise ``ValueError`` where an answer is not what it looked like."""

    @wraps(read)
    def checked(answer: Any) -> Answer:
        try:
            return read(answer)
        except _ABSENT as error:
            raise ValueError(f"the answer is incomplete: {type(error).__name__} {error}") from error

    return checked


def pieces(
    read: Callable[[Iterator[Event]], Iterator[Answer]],
) -> Callable[[Iterator[Event]], Iterator[Answer]]:
    """Let a reader of streams raise ``Broken`` where an event is not what it looked like.

    Who speaks is told with the first that is said, not before: until then another target may be tried.
    """

    @wraps(read)
    def checked(events: Iterator[Event]) -> Iterator[Answer]:
        role = {"role": "assistant"}
        try:
            for chunk in read(events):
                for choice in chunk["choices"]:
                    choice["delta"] = role | choice["delta"]
                    role = {}
                yield chunk
        except _ABSENT as error:
            raise Broken("malformed", "an event of the stream is incomplete") from error

    return checked


def decoded(event: Event) -> dict[str, Any]:
    """Read an event's JSON object.

    Raises:
        Broken: it is none.
    """
    try:
        found = msgspec.json.decode(event.data)
    except msgspec.DecodeError as error:
        raise Broken("malformed", "an event of the stream is no JSON") from error
    if not isinstance(found, dict):
        raise Broken("malformed", "an event of the stream is no object")
    return found


def cut_off() -> Broken:
    """Return the trouble of a stream that ended too early."""
    return Broken("cut_off", "the stream ended before its end mark")


def usage(
    prompt: int, cached: int, completion: int, *, reasoning: int = 0, prompt_audio: int = 0
) -> dict[str, Any]:
    """Write a count of tokens; those from a cache, of sounds and of thoughts are part of the others."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": prompt_audio},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def choice(texts: list[str], thoughts: list[str], calls: list[dict[str, Any]], reason: str) -> dict[str, Any]:
    """Write the one choice of a whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(texts) or None, "refusal": None}
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    if calls:
        message["tool_calls"] = calls
    return {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}


def call(name: str, called: str, arguments: object) -> dict[str, Any]:
    """Write a whole call of a tool."""
    return {"id": called, "type": "function", "function": {"name": name, "arguments": _written(arguments)}}


def delta(index: int = 0, *, reason: str | None = None, **fields: Any) -> dict[str, Any]:
    """Write a chunk with one choice."""
    return {"choices": [{"index": index, "delta": fields, "finish_reason": reason, "logprobs": None}]}


def call_begun(index: int, name: str, called: str) -> dict[str, Any]:
    """Write the chunk in which a call begins whose arguments follow."""
    begun = {"name": name, "arguments": ""}
    return delta(tool_calls=[{"index": index, "id": called, "type": "function", "function": begun}])


def call_goes_on(index: int, arguments: str) -> dict[str, Any]:
    """Write a chunk of a call's arguments."""
    return delta(tool_calls=[{"index": index, "function": {"arguments": arguments}}])


def _written(arguments: object) -> str:
    """Write a call's arguments as the text that our form has for them."""
    return msgspec.json.encode(arguments or {}).decode()

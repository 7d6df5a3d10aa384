"""The families by the name that a protocol entry gives; the one place that knows them all."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.protocols import eventstream, sse
from gateway.protocols.chat import embedding, openai
from gateway.protocols.chat.anthropic import answer as anthropic_answer
from gateway.protocols.chat.anthropic import request as anthropic_request
from gateway.protocols.chat.converse import answer as converse_answer
from gateway.protocols.chat.converse import request as converse_request
from gateway.protocols.chat.gemini import answer as gemini_answer
from gateway.protocols.chat.gemini import request as gemini_request
from gateway.protocols.sse import Event


class Body(Protocol):
    """Writes the provider's request."""

    def __call__(self, request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
        """Write it for a request of our own form, which was checked, under the provider's model name."""


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is spoken to; all of it pure.

    Args:
        completion: reads a whole answer into ``choices`` and ``usage``; raises ``ValueError`` if it is none.
        events: divides a stream's bytes.
        chunks: reads its events into chunks of ``choices`` and ``usage``; raises ``Broken``, and passes
            on the ``ValueError`` of bytes that are no text.
    """

    body: Body
    completion: Callable[[Any], dict[str, Any]]
    chunks: Callable[[Iterator[Event]], Iterator[dict[str, Any]]]
    events: Callable[[Iterable[bytes]], Iterator[Event]] = sse.events


FAMILIES = {
    "anthropic": Family(anthropic_request.body, anthropic_answer.completion, anthropic_answer.chunks),
    "converse": Family(
        converse_request.body, converse_answer.completion, converse_answer.chunks, eventstream.events
    ),
    "embedding": Family(embedding.body, embedding.completion, embedding.chunks),
    "gemini": Family(gemini_request.body, gemini_answer.completion, gemini_answer.chunks),
    "openai": Family(openai.body, openai.completion, openai.chunks),
}

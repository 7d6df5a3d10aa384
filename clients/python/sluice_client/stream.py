"""What a model says, as it says it."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Self

from sluice_client._carry import AsyncWire, Wire
from sluice_client._flow import End, Flow, Say, advance
from sluice_client.types import Chunk, Usage


class _Heard:
    """What is known of an answer so far."""

    def __init__(self) -> None:
        self.job_id: str | None = None
        self.finish_reason: str | None = None
        self.usage: Usage | None = None

    def note(self, chunk: Chunk) -> None:
        """Note a chunk."""
        self.job_id = chunk["id"]
        self.usage = chunk["usage"] or self.usage
        for choice in chunk["choices"]:
            self.finish_reason = choice.get("finish_reason") or self.finish_reason


class _Told:
    """What both kinds of answer know of themselves."""

    def __init__(self) -> None:
        self._heard = _Heard()

    @property
    def job_id(self) -> str | None:
        """The job's id, once it speaks."""
        return self._heard.job_id

    @property
    def finish_reason(self) -> str | None:
        """Why it ended: ``stop``, ``length``, ``tool_calls``, ...; nothing before."""
        return self._heard.finish_reason

    @property
    def usage(self) -> Usage | None:
        """What it took and cost; nothing before its end."""
        return self._heard.usage


class Stream(_Told):
    """An answer to be iterated over, once: word by word, or by ``chunks`` with all that is in them.

    Who leaves before the end ends the call, and pays for what came: at the end of ``with``, by ``close``, or
    when nobody holds the answer any more.
    """

    def __init__(self, wire: Wire, flow: Flow) -> None:
        super().__init__()
        self._chunks = _chunks(wire, flow, self._heard)

    def __iter__(self) -> Iterator[str]:
        for chunk in self._chunks:
            if words := _words(chunk):
                yield words

    def chunks(self) -> Iterator[Chunk]:
        """Iterate over all that comes, such as the calls of tools."""
        return self._chunks

    def close(self) -> None:
        """End the call."""
        self._chunks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncStream(_Told):
    """The same for ``async for`` and ``async with``."""

    def __init__(self, wire: AsyncWire, flow: Flow) -> None:
        super().__init__()
        self._chunks = _async_chunks(wire, flow, self._heard)

    async def __aiter__(self) -> AsyncIterator[str]:
        async for chunk in self._chunks:
            if words := _words(chunk):
                yield words

    def chunks(self) -> AsyncIterator[Chunk]:
        """Iterate over all that comes, such as the calls of tools."""
        return self._chunks

    async def close(self) -> None:
        """End the call."""
        await self._chunks.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _chunks(wire: Wire, flow: Flow, heard: _Heard) -> Generator[Chunk]:
    with wire:
        step = advance(flow, None)
        while not isinstance(step, End):
            if isinstance(step, Say):
                heard.note(step.chunk)
                yield step.chunk
            step = advance(flow, wire.take(step))


async def _async_chunks(wire: AsyncWire, flow: Flow, heard: _Heard) -> AsyncGenerator[Chunk]:
    async with wire:
        step = advance(flow, None)
        while not isinstance(step, End):
            if isinstance(step, Say):
                heard.note(step.chunk)
                yield step.chunk
            step = advance(flow, await wire.take(step))


def _words(chunk: Chunk) -> str:
    return "".join(choice["delta"].get("content") or "" for choice in chunk["choices"][:1])

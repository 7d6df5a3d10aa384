"""What a function answers, piece by piece, while it is still at it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

_PRELUDE_END = bytes(8)
# So many pieces may lie here before the function has to wait for whoever reads them.
_PIECES = 64


class FunctionFailed(Exception):
    """The function told of an error, ended, or took too long."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer that is streamed; a name may come more than once."""

    status: int
    headers: list[tuple[str, str]]


class Answer:
    """The pieces of one answer, read once; whoever stops reading says so with ``leave``."""

    def __init__(self, leave: Callable[[], None] = lambda: None) -> None:
        self._pieces: asyncio.Queue[bytes | FunctionFailed | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_PIECES)
        self._leave = leave
        self._left = False
        self.over = False

    async def put(self, piece: bytes) -> None:
        """Take a piece from the function; waits while too many lie here.

        Raises:
            ConnectionAbortedError: nobody reads any more.
        """
        await self._room.acquire()
        if self._left:
            raise ConnectionAbortedError
        self._pieces.put_nowait(piece)

    def end(self, failure: FunctionFailed | None = None) -> None:
        """Say that nothing more comes, and whether that is as it should be; only the first word counts."""
        if not self.over:
            self.over = True
            self._pieces.put_nowait(failure)

    def leave(self) -> None:
        """Stop reading: the function is cut off if it is still at it."""
        if self._left:
            return
        self._left = True
        self._room.release()  # who waits to put another piece goes on, and is told
        if not self.over:
            self._leave()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces as they come.

        Raises:
            FunctionFailed: it ended otherwise than with its end.
        """
        while True:
            piece = await self._pieces.get()
            self._room.release()
            if isinstance(piece, FunctionFailed):
                raise piece
            if piece is None:
                return
            yield piece

    async def opened(self) -> tuple[Head, AsyncIterator[bytes]]:
        """Read the head of a streamed answer; return it with what follows.

        Raises:
            FunctionFailed: it failed before that, or answered something else.
        """
        pieces = self.pieces()
        begun = b""
        while _PRELUDE_END not in begun:
            try:
                begun += await anext(pieces)
            except StopAsyncIteration:
                raise FunctionFailed("Runtime.NoPrelude", "the answer ended before its head did") from None
        text, _, first = begun.partition(_PRELUDE_END)
        return _head(json.loads(text)), _followed(first, pieces)

    async def whole(self) -> Any:
        """Read an answer in one piece, which is JSON.

        Raises:
            FunctionFailed: there is none.
        """
        return json.loads(b"".join([piece async for piece in self.pieces()]))


def _head(said: dict[str, Any]) -> Head:
    headers = [(name, str(value)) for name, value in (said.get("headers") or {}).items()]
    several = said.get("multiValueHeaders") or {}
    headers = [each for each in headers if each[0] not in several]
    headers += [(name, str(value)) for name, values in several.items() for value in values]
    headers += [("set-cookie", cookie) for cookie in said.get("cookies") or ()]
    return Head(int(said.get("statusCode", 200)), headers)


async def _followed(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in pieces:
        yield piece

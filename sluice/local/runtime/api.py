"""The Runtime API that one worker talks to: it gives out one event at a time, and takes answers as they come.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, version 2018-06-01, read 2026-11-24.
"""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import h11

from sluice.local.runtime.answer import Answer, FunctionFailed

_ROOT = "/2018-06-01/runtime"
_KIND = b"lambda-runtime-function-error-type"
_BODY = b"lambda-runtime-function-error-body"
_READ_BYTES = 65536


@dataclass(slots=True)
class Call:
    """One event on its way through a worker."""

    event: bytes
    deadline_ms: int
    answer: Answer
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class RuntimeApi:
    """One worker's Runtime API.

    Args:
        on_idle: is told each time that the worker asks for an event and there is none.
    """

    def __init__(self, arn: str, on_idle: Callable[[], None] = lambda: None) -> None:
        self._arn, self._on_idle = arn, on_idle
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._out: dict[str, Call] = {}  # given out, and not yet being answered
        self._wires: set[_Wire] = set()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.idle = False

    async def open(self) -> str:
        """Listen; return the address."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    def close(self, why: FunctionFailed) -> None:
        """Stop listening; whatever is unanswered has failed."""
        if self._server:
            self._server.close()
        self.cut()
        for call in (*(wire.call for wire in self._wires), *self._out.values(), *drained(self._calls)):
            if call:
                call.answer.end(why)
        self._refuse(why)

    def cut(self) -> None:
        """Close the worker's connection: what it is just sending is not wanted any more."""
        for wire in self._wires:
            wire.abort()

    def give(self, event: bytes, timeout_s: float, answer: Answer) -> None:
        """Have an event served, at once or after what is being served."""
        self.idle = False
        self._calls.put_nowait(Call(event, int((time.time() + timeout_s) * 1000), answer))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = _Wire(reader, writer)
        self._wires.add(wire)
        try:
            await self._talk(wire)
        except (OSError, h11.RemoteProtocolError):
            pass  # the worker went, or was cut off
        finally:
            self._wires.discard(wire)
            wire.abort()
            if wire.call:
                wire.call.answer.end(FunctionFailed("Runtime.Gone", "the answer broke off"))

    async def _talk(self, wire: "_Wire") -> None:
        while request := await wire.request():
            path = request.target.decode()
            if path == f"{_ROOT}/invocation/next":
                await wire.rest()
                await self._next(wire)
            else:
                # By its id: AWS's own loop asks on one connection and answers on another.
                of, _, word = path.removeprefix(f"{_ROOT}/invocation/").partition("/")
                wire.call = self._out.pop(of, None)
                await self._answered(wire, request, word)
                wire.call = None
                await wire.reply(202, {}, b"{}")

    async def _next(self, wire: "_Wire") -> None:
        if not self.ready.done():
            self.ready.set_result(None)
        for left in self._out.values():
            left.answer.end(FunctionFailed("Runtime.NoAnswer", "the worker asked for the next event instead"))
        self._out.clear()
        self.idle = self._calls.empty()
        if self.idle:
            self._on_idle()
        call = await self._call_or_end(wire)
        self._out[call.id] = call
        headers = {
            "Content-Type": "application/json",  # AWS's own loop crashes without it
            "Lambda-Runtime-Aws-Request-Id": call.id,
            "Lambda-Runtime-Deadline-Ms": str(call.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        await wire.reply(200, headers, call.event)

    async def _call_or_end(self, wire: "_Wire") -> Call:
        """Wait for a call; a connection that ends meanwhile must not take one with it."""
        call, end = asyncio.ensure_future(self._calls.get()), asyncio.ensure_future(wire.end())
        await asyncio.wait((call, end), return_when=asyncio.FIRST_COMPLETED)
        ended = end.done()
        for each in (call, end):
            each.cancel()
        await asyncio.wait((call, end))
        if not ended:
            return call.result()
        if not call.cancelled():
            self._calls.put_nowait(call.result())
        self.idle = False
        raise ConnectionResetError

    async def _answered(self, wire: "_Wire", request: h11.Request, word: str) -> None:
        """Take what a worker says of its event, or of its start: both end in ``error`` where it failed."""
        headers = dict(request.headers)
        if word == "response" and wire.call:
            trailers = dict(await wire.rest(wire.call.answer.put))
            failed = _KIND in trailers
            wire.call.answer.end(
                _failure(trailers[_KIND], base64.b64decode(trailers.get(_BODY, b""))) if failed else None
            )
            return
        body = bytearray()

        async def take(part: bytes) -> None:
            body.extend(part)

        await wire.rest(take)
        failure = _failure(headers.get(_KIND, b"Unhandled"), bytes(body))
        if wire.call:
            wire.call.answer.end(failure)
        else:
            self._refuse(failure)

    def _refuse(self, why: FunctionFailed) -> None:
        if not self.ready.done():
            self.ready.set_exception(why)
            self.ready.exception()  # seen, also if nobody waits for it


class _Wire:
    """One connection, spoken over h11, which is strict about framing and knows trailers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.call: Call | None = None
        self._http = h11.Connection(h11.SERVER)

    async def request(self) -> h11.Request | None:
        """Read the next request's head; nothing where the other side has closed."""
        event = await self._event()
        return event if isinstance(event, h11.Request) else None

    async def rest(self, take: Callable[[bytes], Awaitable[None]] | None = None) -> list[tuple[bytes, bytes]]:
        """Read the body as it comes; return the trailers."""
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            if isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError
            if take and isinstance(event, h11.Data):
                await take(bytes(event.data))
        return list(event.headers)

    async def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Answer a request."""
        named = [*headers.items(), ("Content-Length", str(len(body)))]
        head = self._http.send(h11.Response(status_code=status, headers=named))
        data = self._http.send(h11.Data(data=body))
        self._writer.write((head or b"") + (data or b"") + (self._http.send(h11.EndOfMessage()) or b""))
        await self._writer.drain()
        self._http.start_next_cycle()

    async def end(self) -> None:
        """Wait until the other side closes, while it is not its turn to say anything."""
        await self._reader.read(1)

    def abort(self) -> None:
        """Close at once, without sending what is still to be sent."""
        self._writer.transport.abort()

    async def _event(self) -> h11.Event:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]  # the other marker, PAUSED, is not met here
            self._http.receive_data(await self._reader.read(_READ_BYTES))


def drained(calls: asyncio.Queue[Call]) -> list[Call]:
    """Take everything out of a queue."""
    return [calls.get_nowait() for _ in range(calls.qsize())]


def _failure(kind: bytes, body: bytes) -> FunctionFailed:
    try:
        message = str(json.loads(body).get("errorMessage", ""))
    except (ValueError, AttributeError):
        message = ""
    return FunctionFailed(kind.decode(), message)

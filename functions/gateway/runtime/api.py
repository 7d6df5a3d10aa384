"""Speak to Lambda's Runtime API: ask for an event, and answer it, in one piece or as a stream.

Sources, read 2026-11-24: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (version 2018-06-01);
for streams and trailers AWS's own clients, aws-lambda-nodejs-runtime-interface-client
(src/stream/response-stream.ts) and awslambdaric 4.2.2 (``Lambda-Runtime-Invocation-Id``).
"""

import base64
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from gateway.runtime.trouble import Trouble

_ROOT = "/2018-06-01/runtime"
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
_ECHOED = "Lambda-Runtime-Invocation-Id"
# An answer whose body begins with a status and headers as JSON, then eight NULs.
INTEGRATION = "application/vnd.awslambda.http-integration-response"


class Gone(Exception):
    """Nobody takes the rest of this answer."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event, and what the Runtime API says about it.

    Args:
        deadline_ms: when the function is stopped, in milliseconds since the epoch.
        echo: what must come back in ``Lambda-Runtime-Invocation-Id``; empty where there was none.
    """

    request_id: str
    deadline_ms: int
    arn: str
    trace: str
    echo: str
    body: bytes


class RuntimeApi:
    """The Runtime API over one connection that is kept, and opened anew where it was lost."""

    def __init__(self, address: str) -> None:
        # No timeout: an environment is frozen while it waits for its next event, for as long as that takes.
        self._connection = _Connection(address)

    def next(self) -> Invocation:
        """Wait for an event.

        Raises:
            OSError, HTTPException: the Runtime API is gone.
        """
        try:
            return self._next()
        except (OSError, HTTPException):  # the kept connection was closed while nobody asked
            self._connection.close()
            return self._next()

    def _next(self) -> Invocation:
        self._connection.request("GET", f"{_ROOT}/invocation/next")
        answer = self._connection.getresponse()
        body, said = answer.read(), answer.headers
        if answer.status != 200:
            raise HTTPException(f"the Runtime API answered {answer.status}")
        return Invocation(
            request_id=said["Lambda-Runtime-Aws-Request-Id"],
            deadline_ms=int(said["Lambda-Runtime-Deadline-Ms"]),
            arn=said.get("Lambda-Runtime-Invoked-Function-Arn", ""),
            trace=said.get("Lambda-Runtime-Trace-Id", ""),
            echo=said.get(_ECHOED, ""),
            body=body,
        )

    def respond(self, invocation: Invocation, body: bytes) -> None:
        """Answer an event in one piece."""
        path = f"{_ROOT}/invocation/{invocation.request_id}/response"
        self._post(path, body, {"Content-Type": "application/json", **_echo(invocation)})

    def fail(self, invocation: Invocation, trouble: Trouble) -> None:
        """Answer an event with an error, before anything else was sent."""
        path = f"{_ROOT}/invocation/{invocation.request_id}/error"
        self._post(path, trouble.document(), {_ERROR_TYPE: trouble.kind, **_echo(invocation)})

    def fail_init(self, trouble: Trouble) -> None:
        """Say that this environment will never serve an event."""
        self._post(f"{_ROOT}/init/error", trouble.document(), {_ERROR_TYPE: trouble.kind})

    def open(self, invocation: Invocation, first: bytes) -> "Stream":
        """Begin an answer that is streamed; its first chunk leaves with what is written next."""
        return Stream(self._connection, invocation, first)

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send an answer; one that is refused or lost concerns this event only, so the loop goes on."""
        try:
            self._connection.request("POST", path, body, dict(headers))
            self._connection.getresponse().read()
        except (OSError, HTTPException):
            self._connection.close()


class _Connection(HTTPConnection):
    """A connection that can hold back what is sent, so that what belongs together leaves together."""

    _held: bytes | None = None

    def hold(self) -> None:
        """Keep what is sent from now on."""
        self._held = b""

    def send(self, data: Any) -> None:
        """Send, or keep."""
        if self._held is None:
            super().send(data)
        else:
            self._held += data

    def let_go(self) -> None:
        """Send what was kept, if anything was."""
        held, self._held = self._held, None
        if held:
            super().send(held)

    def close(self) -> None:
        """Close, and forget what was kept."""
        self._held = None
        super().close()


class Stream:
    """An answer under way: chunks, then its end, which may still tell of an error.

    Each chunk is one chunk on the wire and leaves at once.
    """

    def __init__(self, connection: _Connection, invocation: Invocation, first: bytes) -> None:
        self._connection = connection
        connection.hold()
        self._begin(f"{_ROOT}/invocation/{invocation.request_id}/response", _echo(invocation))
        connection.send(_framed(first))

    def _begin(self, path: str, more: Mapping[str, str]) -> None:
        headers = {
            "Content-Type": INTEGRATION,
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": f"{_ERROR_TYPE}, {_ERROR_BODY}",
            **more,
        }
        self._connection.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

    def write(self, chunk: bytes) -> None:
        """Send one chunk, which must not be empty: an empty one would be the end.

        Raises:
            Gone: the other side has closed the connection.
        """
        self._send(_framed(chunk))

    def end(self, trouble: Trouble | None = None) -> None:
        """End the answer; an error that came too late for a status goes into the trailers.

        Raises:
            Gone: the other side has closed the connection.
        """
        trailers = b""
        if trouble:
            body = base64.b64encode(trouble.document())
            trailers = b"%b: %b\r\n%b: %b\r\n" % (
                _ERROR_TYPE.encode(), trouble.kind.encode(), _ERROR_BODY.encode(), body
            )  # fmt: skip
        self._send(b"0\r\n%b\r\n" % trailers)
        with _noticing(self._connection):
            self._connection.getresponse().read()

    def require_listener(self) -> None:
        """Notice that nobody listens without sending anything.

        Raises:
            Gone: the other side has closed the connection.
        """
        with _noticing(self._connection), suppress(BlockingIOError):
            # An answer that came before our end is left alone; only an end of the connection counts.
            if self._connection.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                raise ConnectionResetError

    def abandon(self) -> None:
        """Leave the answer as it is; the connection goes with it."""
        self._connection.close()

    def _send(self, data: bytes) -> None:
        with _noticing(self._connection):
            self._connection.send(data)
            self._connection.let_go()


def _framed(chunk: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


@contextmanager
def _noticing(connection: HTTPConnection) -> Iterator[None]:
    """Turn a lost connection into ``Gone``."""
    try:
        yield
    except (OSError, HTTPException) as error:
        connection.close()
        raise Gone from error


def _echo(invocation: Invocation) -> dict[str, str]:
    return {_ECHOED: invocation.echo} if invocation.echo else {}

"""A strict Runtime API: it gives out events, keeps every byte that comes back, and takes no loose framing."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

CALL = b'{"requestContext": {}, "httpMethod": "GET"}'
ROOT = "/2018-06-01/runtime"


@dataclass
class Given:
    """An event to give out.

    Args:
        hang_up_after: close the connection once so many chunks of its answer are here.
    """

    body: bytes = CALL
    deadline_s: float = 60
    headers: dict[str, str] = field(default_factory=dict)
    hang_up_after: int | None = None


@dataclass
class Request:
    """One request as it came: its head, its chunks with their times (one for a plain body), its trailers."""

    line: str
    headers: dict[str, str]
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    complete: bool = False

    @property
    def body(self) -> bytes:
        """Put the chunks together."""
        return b"".join(chunk for _, chunk in self.chunks)


@dataclass
class FakeRuntimeApi:
    """What was asked and answered; ``faults`` are breaches of the protocol."""

    events: Iterator[Given]
    address: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    connections: int = 0
    keep: bool = True
    given: int = 0

    def serve(self, listener: socket.socket) -> None:
        """Take one connection after the other, as a function has only one at a time."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, connection.makefile("rb") as reader:
                try:
                    self._talk(connection, reader)
                except (OSError, EOFError) as error:
                    self.faults.append(repr(error))

    def _talk(self, connection: socket.socket, reader: BinaryIO) -> None:
        current = Given()
        while line := reader.readline():
            request = self._head(line, reader)
            if self.keep:
                self.requests.append(request)
            if request.line == f"GET {ROOT}/invocation/next HTTP/1.1":
                found = next(self.events, None)
                if found is None:
                    return
                current = found
                self.given += 1
                connection.sendall(_event(current, self.given))
                continue
            if not request.line.startswith(f"POST {ROOT}/"):
                self.faults.append(f"unknown call {request.line}")
            if not self._body(request, reader, current.hang_up_after):
                return
            connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}")

    def _head(self, line: bytes, reader: BinaryIO) -> Request:
        request = Request(line.decode().strip(), {}, raw=line)
        while (line := reader.readline()) != b"\r\n":
            request.raw += line
            if not line.endswith(b"\r\n"):
                raise EOFError("a header without an end")
            name, _, value = line.decode().partition(":")
            request.headers[name.lower()] = value.strip()
        request.raw += b"\r\n"
        return request

    def _body(self, request: Request, reader: BinaryIO, hang_up_after: int | None) -> bool:
        if request.headers.get("transfer-encoding") != "chunked":
            size = int(request.headers["content-length"])
            request.chunks.append((time.monotonic(), reader.read(size)))
            request.complete = True
            return True
        while size := self._size(request, reader):
            chunk, end = reader.read(size), reader.read(2)
            if end != b"\r\n":
                self.faults.append(f"a chunk ends in {end!r}")
            request.raw += chunk + end
            request.chunks.append((time.monotonic(), chunk))
            if len(request.chunks) == hang_up_after:
                return False
        while (line := reader.readline()) != b"\r\n":
            request.raw += line
            name, _, value = line.decode().partition(":")
            request.trailers[name.lower()] = value.strip()
        request.raw += b"\r\n"
        request.complete = True
        return True

    def _size(self, request: Request, reader: BinaryIO) -> int:
        line = reader.readline()
        request.raw += line
        if not line.endswith(b"\r\n"):
            raise EOFError("the answer broke off")
        return int(line, 16)


@contextmanager
def runtime_api(*events: Given, endless: Iterator[Given] | None = None) -> Iterator[FakeRuntimeApi]:
    """Serve a Runtime API on this machine that gives out these events and then closes."""
    api = FakeRuntimeApi(endless or iter(events), keep=endless is None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api.address = f"127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=api.serve, args=(listener,), daemon=True)
        thread.start()
        yield api
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _event(given: Given, n: int) -> bytes:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": f"request-{n}",
        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + given.deadline_s) * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f",
        "Content-Length": str(len(given.body)),
        **given.headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + given.body

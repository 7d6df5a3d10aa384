"""Files over a real wire: pieces as they come, broken bodies noticed, and no key to another host."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from gateway.protocols.http import HttpRequest
from gateway.transport import Transport

BODY = bytes(3 * 1024 * 1024)
KEYED = {"authorization": "Bearer secret", "range": "bytes=5-", "if-range": '"v1"'}


class Handler(BaseHTTPRequestHandler):
    """A server of files."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]] = []  # noqa: RUF012 - of the one server of a test
    callers: list[int] = []  # noqa: RUF012 - of the one server of a test

    def do_GET(self) -> None:
        """Serve the path's case."""
        self.callers.append(self.client_address[1])
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        if self.path == "/away":
            self.send_response(302)
            self.send_header("location", f"http://localhost:{self.server.server_address[1]}/file")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-length", str(len(BODY)))
        self.send_header("ETag", '"v1"')
        self.end_headers()
        self.wfile.write(BODY[: len(BODY) // 2] if self.path == "/cut" else BODY)
        self.close_connection = self.path == "/cut"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Serve files at an address."""
    with serving() as port:
        yield f"http://127.0.0.1:{port}"


def test_a_file_comes_whole_with_its_headers(url: str) -> None:
    """Names in lower case."""
    with Transport().stream(HttpRequest("GET", f"{url}/file"), 5) as answer:
        whole = b"".join(answer.chunks)

    assert (answer.status, answer.headers["etag"], whole) == (200, '"v1"', BODY)


def test_a_body_that_ends_too_early_is_a_broken_connection(url: str) -> None:
    """Half a file is no file."""
    with (
        pytest.raises(ConnectionError),
        Transport().stream(HttpRequest("GET", f"{url}/cut"), 5) as answer,
    ):
        list(answer.chunks)


def test_no_key_follows_a_redirect_to_another_host_but_the_range_does(url: str) -> None:
    """127.0.0.1 and localhost are two."""
    with Transport().stream(HttpRequest("GET", f"{url}/away", KEYED), 5) as answer:
        list(answer.chunks)

    first, second = Handler.seen[-2:]
    assert first["authorization"] == "Bearer secret"
    assert "authorization" not in second
    assert (second["range"], second["if-range"]) == ("bytes=5-", '"v1"')


@pytest.mark.parametrize(("idle_s", "connections"), [(5, 1), (0.05, 2)])
def test_a_connection_that_stood_idle_is_not_used_again(url: str, idle_s: float, connections: int) -> None:
    """The server is about to close it, and would lose the next request; one just used is kept."""
    transport = Transport(idle_s)

    for _ in range(2):
        transport.send(HttpRequest("GET", f"{url}/file"), 5)
        time.sleep(0.1)

    assert len(set(Handler.callers[-2:])) == connections


@contextmanager
def serving() -> Iterator[int]:
    """Serve on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

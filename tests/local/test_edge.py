"""The edge passes everything on as it is: paths, bodies, redirects, streams."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from sluice.local.edge import make_app
from sluice.local.port import free_port
from sluice.local.program import edge
from sluice.local.service import Services
from sluice.local.state import State

UPSTREAM = "http://emulator:4566/restapis/ab12/sluice/_user_request_"


def test_an_encoded_path_and_a_query_stay_as_they_were() -> None:
    seen = _asked("GET", "/v1/google%2Fveo%203.1?a=b%2Fc&a=d%20e&empty=")

    assert seen.url.raw_path == (
        b"/restapis/ab12/sluice/_user_request_/v1/google%2Fveo%203.1?a=b%2Fc&a=d%20e&empty="
    )


def test_a_body_is_passed_with_its_length_and_type() -> None:
    seen = _asked("POST", "/v1/jobs", content=b'{"a": 1}', headers={"content-type": "application/json"})

    assert seen.content == b'{"a": 1}'
    assert (seen.headers["content-length"], seen.headers["content-type"]) == ("8", "application/json")
    assert "transfer-encoding" not in seen.headers


def test_a_call_without_a_body_stays_without() -> None:
    seen = _asked("DELETE", "/v1/jobs/gw_1")

    assert "transfer-encoding" not in seen.headers
    assert "content-length" not in seen.headers


def test_headers_of_the_connection_are_not_passed_on() -> None:
    seen = _asked(
        "GET", "/", headers={"connection": "x-secret-hop", "x-secret-hop": "1", "authorization": "Bearer k"}
    )

    assert "x-secret-hop" not in seen.headers
    assert seen.headers["authorization"] == "Bearer k"
    assert seen.headers["host"] == "emulator:4566"
    assert seen.headers["x-forwarded-host"] == "localhost:8787"


def test_a_redirect_and_repeated_headers_go_to_the_caller() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        headers = [
            ("location", "https://bucket.example/k?X-Amz-Signature=1"),
            ("set-cookie", "a"),
            ("set-cookie", "b"),
        ]
        return httpx.Response(302, headers=headers, stream=httpx.ByteStream(b""))

    response = _through(answer, "GET", "/v1/files/abc")

    assert response.status_code == 302
    assert response.headers["location"] == "https://bucket.example/k?X-Amz-Signature=1"
    assert response.headers.get_list("set-cookie") == ["a", "b"]


def test_an_emulator_that_is_away_is_told_in_our_own_form() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    response = _through(refuse, "GET", "/v1/models")

    assert response.status_code == 502
    assert response.json()["error"] == {
        "code": "gateway_unreachable",
        "message": "the local stack does not answer. Start it with `make up`",
        "type": "server_error",
        "param": None,
        "retryable": True,
        "job_id": None,
    }


def test_a_silent_emulator_is_a_timeout() -> None:
    def hang(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("nothing")

    response = _through(hang, "GET", "/v1/models")

    assert (response.status_code, response.json()["error"]["code"]) == (504, "gateway_timeout")


def test_a_stream_arrives_while_it_is_made(tmp_path: Path) -> None:
    """
    The first piece is here before the second is written.
    """
    second = threading.Event()
    with (
        _upstream(second) as upstream,
        _served(upstream, tmp_path) as base_url,
        httpx.stream("GET", f"{base_url}/events", trust_env=False, timeout=10) as response,
    ):
        pieces = response.iter_raw()
        first = next(pieces)
        second.set()
        rest = b"".join(pieces)

    assert (first, rest) == (b"data: 1\n\n", b"data: 2\n\n")


def _asked(method: str, path: str, **request: object) -> httpx.Request:
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        await request.aread()
        seen.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    _through(answer, method, path, **request)
    return seen[0]


def _through(
    answer: Callable[[httpx.Request], object], method: str, path: str, **request: object
) -> httpx.Response:
    async def call() -> httpx.Response:
        app = make_app(UPSTREAM, httpx.MockTransport(answer))  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8787") as client:
            return await client.request(method, path, **request)  # type: ignore[arg-type]

    return asyncio.run(call())


@contextmanager
def _upstream(second: threading.Event) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"9\r\ndata: 1\n\n\r\n")
            self.wfile.flush()
            second.wait(10)
            self.wfile.write(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _served(upstream: str, folder: Path) -> Iterator[str]:
    services, program = Services(folder, State()), edge(upstream)
    services.begin(program, free_port())
    try:
        yield services.wait(program)
    finally:
        services.stop_begun()

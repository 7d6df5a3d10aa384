"""The short local address of the deployed API: a reverse proxy that changes nothing but the way.

What is streamed it serves itself (``sluice.local.live``). Paths stay as they were written (``google%2Fveo``),
bodies stream both ways, redirects go to the caller.
"""

import logging
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sluice.local.failure import failure
from sluice.local.live import Live, routes

TIMEOUT_S = 60
# Who reuses a connection lets it go before its server closes it: callers before us, we before the emulator.
KEPT_FOR_CALLERS_S = 65
KEPT_S = 4
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# RFC 9110 section 7.6.1: these belong to one connection, not to the message.
_HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_log = logging.getLogger("sluice.edge")

Headers = list[tuple[bytes, bytes]]


def make_app(
    upstream: str, transport: httpx.AsyncBaseTransport | None = None, live: Live | None = None
) -> Starlette:
    """Build the proxy.

    Args:
        upstream: URL that the caller's path is put behind, without a slash at the end.
        live: where the function is that streams; without it everything goes upstream.
    """
    client = httpx.AsyncClient(
        timeout=TIMEOUT_S,
        transport=transport,
        trust_env=False,  # a proxy of the user's network does not lead to loopback
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=KEPT_S),
    )

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def forward(request: Request) -> Response:
        try:
            answer = await client.send(_outgoing(client, upstream, request), stream=True)
        except httpx.TimeoutException:
            return failure(504, "gateway_timeout", f"the local stack gave no answer within {TIMEOUT_S} s")
        except httpx.HTTPError as error:
            _log.warning("%s %s: %r", request.method, request.url.path, error)
            return failure(
                502, "gateway_unreachable", "the local stack does not answer. Start it with `make up`"
            )
        return _incoming(answer)

    pool = live.make_pool() if live else None
    streamed = routes(pool, live.authorize, forward) if live and pool else []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            if pool:
                pool.warm()
            yield
            if pool:
                await pool.close()

    everything = [Route("/{path:path}", forward, methods=_METHODS)]
    return Starlette(routes=[Route("/_edge/health", health), *streamed, *everything], lifespan=lifespan)


def _outgoing(client: httpx.AsyncClient, upstream: str, request: Request) -> httpx.Request:
    base = httpx.URL(upstream)
    path = base.raw_path.rstrip(b"/") + bytes(request.scope["raw_path"])
    query = bytes(request.scope["query_string"])
    headers = _end_to_end(request.headers.raw, drop={b"host"})
    headers += [
        (b"x-forwarded-host", request.headers.get("host", "").encode()),
        (b"x-forwarded-proto", b"http"),
    ]
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    outgoing = client.build_request(
        request.method,
        base.copy_with(raw_path=path + (b"?" + query if query else b"")),
        content=request.stream() if has_body else None,
    )
    sized = [
        (name, value)
        for name, value in outgoing.headers.raw
        if name.lower() in (b"host", b"transfer-encoding")
    ]
    if b"content-length" in dict(headers):
        sized = sized[:1]
    outgoing.headers = httpx.Headers(sized + headers)
    return outgoing


def _incoming(answer: httpx.Response) -> Response:
    response = StreamingResponse(
        answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose)
    )
    response.raw_headers = _end_to_end(answer.headers.raw)
    return response


def _end_to_end(headers: Iterable[tuple[bytes, bytes]], drop: Iterable[bytes] = ()) -> Headers:
    kept = [(name.lower(), value) for name, value in headers]
    named = {
        word.strip().lower() for name, value in kept if name == b"connection" for word in value.split(b",")
    }
    unwanted = {*(name.encode() for name in _HOP_BY_HOP), *named, *drop}
    return [(name, value) for name, value in kept if name not in unwanted]


def main() -> None:
    """Serve until SIGTERM."""
    parser = ArgumentParser(prog="python -m sluice.local.edge", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--endpoint", default="", help="of the emulator")
    parser.add_argument("--function", help="the deployed function that streams")
    parser.add_argument("--authorizer", help="the deployed function that knows the keys")
    parser.add_argument("--folder", type=Path, help="where the function's package may be unpacked")
    parser.add_argument("--version", help="of what is deployed: another one is another edge")
    asked = parser.parse_args()
    live = Live(asked.endpoint, asked.function, asked.authorizer, asked.folder) if asked.function else None
    uvicorn.run(
        make_app(asked.upstream, live=live),
        host="127.0.0.1",
        port=asked.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=KEPT_FOR_CALLERS_S,
    )


if __name__ == "__main__":
    main()

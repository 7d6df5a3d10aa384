"""What the edge streams itself: who may call, what the function is told, what callers see of failures."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sluice.local.live import Live, routes
from sluice.local.port import free_port
from sluice.local.runtime.answer import Answer, FunctionFailed
from sluice.local.runtime.pool import Busy

KNOWN = {"id": "key_1", "tenant": "acme", "tier": "pro", "scopes": "read", "principalId": "key_1"}
HEAD = b'{"statusCode": 200, "headers": {"Content-Type": "text/event-stream"}}' + bytes(8)
PATH = "/v1/jobs/gw_1/events"


class FakePool:
    """A function that answers with pieces from a script."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces
        self.events: list[dict[str, Any]] = []
        self.left = False

    async def invoke(self, event: bytes) -> Answer:
        """Answer."""
        self.events.append(json.loads(event))
        answer = Answer(leave=self._leave)
        for piece in self.pieces:
            if isinstance(piece, Busy):
                raise piece
            if isinstance(piece, FunctionFailed):
                answer.end(piece)
            elif isinstance(piece, bytes):
                await answer.put(piece)
        if self.pieces[-1:] != (b"open",):
            answer.end()
        return answer

    def _leave(self) -> None:
        self.left = True


def call(
    pool: FakePool, method: str = "GET", url: str = PATH, *, known: dict[str, Any] | None = KNOWN, **more: Any
) -> httpx.Response:
    """Send a request to the edge's own routes."""

    async def authorize(event: dict[str, Any]) -> dict[str, Any] | None:
        pool.asked = event  # type: ignore[attr-defined]
        return known

    return asyncio.run(_sent(pool, authorize, method, url, more))


async def _sent(
    pool: FakePool,
    authorize: Callable[[dict[str, Any]], Awaitable[dict[str, Any] | None]],
    method: str,
    url: str,
    more: dict[str, Any],
) -> httpx.Response:
    async def forward(_: Request) -> Response:
        return PlainTextResponse("forwarded", 418)

    app = Starlette(routes=routes(pool, authorize, forward))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8787") as client:
        return await client.request(method, url, **more)


def test_the_function_is_told_what_api_gateway_would_tell():
    pool = FakePool(HEAD + b"one", b"two")

    answer = call(pool, url=f"{PATH}?last_event_id=3&a=1&a=2", headers={"Last-Event-ID": "4"})
    (event,) = pool.events

    assert (answer.status_code, answer.text) == (200, "onetwo")
    assert answer.headers["content-type"] == "text/event-stream"
    assert (event["httpMethod"], event["path"], event["resource"]) == ("GET", PATH, "/v1/jobs/{id}/events")
    assert event["headers"]["last-event-id"] == "4"
    assert event["pathParameters"] == {"id": "gw_1"}
    assert event["queryStringParameters"] == {"last_event_id": "3", "a": "2"}
    assert event["multiValueQueryStringParameters"]["a"] == ["1", "2"]
    assert event["requestContext"]["authorizer"] == KNOWN
    assert (event["body"], event["isBase64Encoded"]) == (None, False)


def test_the_authorizer_is_asked_as_api_gateway_asks():
    pool = FakePool(HEAD)

    call(pool, headers={"authorization": "Bearer k"})

    asked = pool.asked  # type: ignore[attr-defined]
    assert asked["type"] == "REQUEST"
    assert asked["methodArn"].endswith("/sluice/GET/v1/jobs/gw_1/events")
    assert asked["headers"]["authorization"] == "Bearer k"


@pytest.mark.parametrize(("method", "known"), [("GET", None), ("HEAD", KNOWN)])
def test_what_is_not_for_the_function_goes_to_the_deployed_api(method: str, known: dict[str, Any] | None):
    pool = FakePool(HEAD)

    assert call(pool, method, known=known).status_code == 418
    assert pool.events == []


def test_a_head_that_comes_in_pieces_is_put_together():
    pieces = [HEAD[n : n + 5] for n in range(0, len(HEAD), 5)]

    assert call(FakePool(*pieces, b"one")).text == "one"


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [(Busy(), 429, "rate_limited"), (FunctionFailed("ValueError", "a prompt"), 502, "internal_error")],
)
def test_a_failure_before_the_first_byte_has_our_form(trouble: Exception, status: int, code: str):
    answer = call(FakePool(trouble))

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "a prompt" not in answer.text


def test_an_answer_without_a_head_is_a_failure():
    assert call(FakePool(b"null")).status_code == 502


def test_the_function_is_let_go_when_its_answer_was_read():
    pool = FakePool(HEAD, b"one")

    call(pool)

    assert not pool.left


def test_an_emulator_that_is_away_leaves_the_answer_to_the_proxy(tmp_path: Path):
    """The authorizer knows nobody then, and no function is found; neither breaks the edge."""
    live = Live(f"http://127.0.0.1:{free_port()}", "stream", "authorize", tmp_path)

    async def run() -> None:
        assert await live.authorize({}) is None
        with pytest.raises(FunctionFailed, match=r"^Runtime\.NoFunction"):
            await live.make_pool().invoke(b"{}")

    asyncio.run(run())


PICTURES = "/v1/images/edits"


def test_a_body_reaches_the_function_as_it_was_sent() -> None:
    """
    A text as a text; a form coded, because files in it are none.
    """
    text, form = FakePool(HEAD), FakePool(HEAD)

    call(text, "POST", PICTURES, content='{"prompt": "dünen"}'.encode())
    call(form, "POST", PICTURES, files={"image": ("a.png", b"\x89PNG\xff")})

    assert (text.events[0]["body"], text.events[0]["isBase64Encoded"]) == ('{"prompt": "dünen"}', False)
    assert form.events[0]["isBase64Encoded"]
    assert b"\x89PNG\xff" in base64.b64decode(form.events[0]["body"])
    assert text.asked["body"] is None  # type: ignore[attr-defined]


def test_a_body_that_no_function_takes_is_refused_with_the_way_out() -> None:
    """
    As API Gateway refuses it.
    """
    pool = FakePool(HEAD)

    answer = call(pool, "POST", PICTURES, files={"image": ("a.png", bytes(5_000_000))})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert "POST /v1/uploads" in answer.json()["error"]["message"]
    assert pool.events == []

"""The routes that the edge serves itself: the emulator hands answers on only when they are whole.

The function is the deployed one, package and settings, in workers under our own runtime loop. Who may call it
is asked of the deployed authorizer; what that refuses goes to the deployed API, to be refused in its words.
"""

import asyncio
import base64
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from sluice.aws import REGION, Cloud
from sluice.local.failure import failure
from sluice.local.runtime.answer import Answer, FunctionFailed
from sluice.local.runtime.function import Function, deployed
from sluice.local.runtime.pool import Busy, Pool

# Callers that may be served at once; each has a process of its own, as on Lambda.
WORKERS = 12
STAGE = "sluice"
PATHS = (
    ("GET", "/v1/jobs/{id}/events"),
    ("POST", "/v1/images/generations"),
    ("POST", "/v1/images/edits"),
    ("POST", "/v1/audio/speech"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/embeddings"),
)
# What Lambda takes as one event.
EVENT_BYTES = 6 * 1024 * 1024
BINARY = "multipart/form-data"
_log = logging.getLogger("sluice.edge")

Event = dict[str, Any]
Forward = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Live:
    """Where the streaming function is.

    Args:
        endpoint_url: of the emulator.
        function, authorizer: names of the deployed functions.
        folder: where the function's package is unpacked.
    """

    endpoint_url: str
    function: str
    authorizer: str
    folder: Path

    def make_pool(self) -> Pool:
        """Make the workers' pool; nothing is started yet."""
        return Pool(self._load, WORKERS)

    async def authorize(self, event: Event) -> Event | None:
        """Ask the authorizer who calls; nothing where it refuses, or cannot be asked."""
        return await asyncio.to_thread(self._asked, json.dumps(event))

    async def _load(self) -> Function:
        return await asyncio.to_thread(self._deployed)

    def _deployed(self) -> Function:
        settings = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
        try:
            return deployed(_lambda(self.endpoint_url), self.function, settings, self.folder)
        except (BotoCoreError, ClientError, OSError) as error:
            raise FunctionFailed("Runtime.NoFunction", repr(error)) from error

    def _asked(self, event: str) -> Event | None:
        try:
            answer = _lambda(self.endpoint_url).invoke(FunctionName=self.authorizer, Payload=event.encode())
        except (BotoCoreError, ClientError) as error:
            _log.warning("the authorizer cannot be asked: %r", error)
            return None
        if answer.get("FunctionError"):
            return None
        said: Event = json.loads(answer["Payload"].read())
        return {**said["context"], "principalId": said["principalId"]}


@cache
def _lambda(endpoint_url: str) -> Any:
    """Open the client once; to make one takes longer than what it is used for."""
    return Cloud(endpoint_url).client("lambda")


def routes(
    pool: Pool, authorize: Callable[[Event], Awaitable[Event | None]], forward: Forward
) -> list[Route]:
    """Make the routes of what is streamed.

    Args:
        authorize: tells who sent an event, or nothing.
        forward: sends a call to the deployed API.
    """

    def serving(path: str) -> Forward:
        async def serve(request: Request) -> Response:
            event = event_of(request, path)
            known = await authorize({"type": "REQUEST", "methodArn": _method_arn(request), **event})
            if known is None or request.method == "HEAD":
                return await forward(request)
            event["requestContext"]["authorizer"] = known
            return await _served(pool, json.dumps(event | _body(request, await request.body())))

        return serve

    return [Route(path, serving(path), methods=[method]) for method, path in PATHS]


def event_of(request: Request, path: str) -> Event:
    """Write a call as API Gateway hands it on, but for the body; of a repeated name the last value counts."""
    headers = [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw]
    query = list(request.query_params.multi_items())
    host = request.headers.get("host", "localhost")
    return {
        "resource": path,
        "path": request.url.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _several(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _several(query) or None,
        "pathParameters": dict(request.path_params),
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": request.method,
            "path": f"/{STAGE}{request.url.path}",
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": int(time.time() * 1000),
            "domainName": host,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": request.headers.get("user-agent")},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _body(request: Request, body: bytes) -> Event:
    """Write a call's body; forms may have files in them, and come coded, as the API is told to do."""
    coded = bool(body) and request.headers.get("content-type", "").lower().startswith(BINARY)
    text = (base64.b64encode(body) if coded else body).decode(errors="replace")
    return {"body": text or None, "isBase64Encoded": coded}


def _several(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _method_arn(request: Request) -> str:
    return f"arn:aws:execute-api:{REGION}:000000000000:local/{STAGE}/{request.method}{request.url.path}"


async def _served(pool: Pool, event: str) -> Response:
    if len(event) > EVENT_BYTES:
        large = (
            "the body is too large. Send files with POST /v1/uploads and give their references, or give URLs"
        )
        return failure(413, "body_too_large", large, "invalid_request_error", retryable=False)
    try:
        answer = await pool.invoke(event.encode())
        head, pieces = await answer.opened()
    except Busy:
        busy = f"{WORKERS} streams are open, which are the most here. Try again in a moment"
        return failure(429, "rate_limited", busy, "rate_limit_error")
    except FunctionFailed as error:
        _log.warning("the streaming function failed: %s", error)
        return failure(502, "internal_error", "the gateway failed to answer; the edge's log says why")
    response = _Passing(_passed_on(answer, pieces), head.status)
    response.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in head.headers]
    return response


class _Passing(StreamingResponse):
    """A response that stays unfinished if the function fails in its middle: callers see a broken one."""

    async def stream_response(self, send: Send) -> None:
        """Send the pieces, and the end if there was one."""
        try:
            await super().stream_response(send)
        except FunctionFailed as error:
            _log.warning("the streaming function failed in the middle of its answer: %s", error)


async def _passed_on(answer: Answer, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass pieces on; a caller that leaves takes the function's answer with it."""
    try:
        async for piece in pieces:
            yield piece
    finally:
        answer.leave()

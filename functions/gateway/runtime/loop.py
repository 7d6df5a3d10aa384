"""Serve events one after another: none of them, however strange, ends the loop."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from gateway.runtime.api import Gone, Invocation, RuntimeApi, Stream
from gateway.runtime.trouble import Trouble, log, told

# What a function gets before its deadline to close its iterator, and we to end the answer.
LAST_MS = 500
_PRELUDE_END = bytes(8)

Opened = tuple[int, Mapping[str, str], Iterable[bytes]]
Handler = Callable[[dict[str, Any], "Context"], dict[str, Any] | Opened]


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function about a call, by the names that Lambda's own Python uses.

    Args:
        streams: whether an answer may be a status, headers and an iterator.
    """

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    streams: bool = True

    def get_remaining_time_in_millis(self) -> int:
        """Return how long until the function is stopped."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


def serve(api: RuntimeApi, handler: Handler) -> None:
    """Serve for ever."""
    while True:
        answer(api, handler, api.next())


def answer(api: RuntimeApi, handler: Handler, invocation: Invocation) -> None:
    """Serve one event."""
    os.environ.pop("_X_AMZN_TRACE_ID", None)
    if invocation.trace:
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace
    try:
        event = json.loads(invocation.body)
        if not _is_call(event):
            log("WARNING", "an event that is no HTTP call was left alone", invocation.request_id)
            return api.respond(invocation, b"null")
        head, chunks = _opened(handler(event, _context(invocation)))
        first = next(filter(None, chunks), b"")
    except Exception as error:
        return api.fail(invocation, told("the function failed", error, invocation.request_id))
    try:
        _send(api, invocation, head, chain((first,), chunks))
    finally:
        _close(chunks, invocation)


def _send(api: RuntimeApi, invocation: Invocation, head: bytes, chunks: Iterator[bytes]) -> None:
    try:
        stream = api.open(invocation, head + _PRELUDE_END)
        try:
            trouble = _pass_on(stream, invocation, chunks)
            stream.end(trouble)
        except BaseException:
            stream.abandon()
            raise
    except Gone:
        log("INFO", "the caller left", invocation.request_id)


def _pass_on(stream: Stream, invocation: Invocation, chunks: Iterator[bytes]) -> Trouble | None:
    """Send chunks as they come; the trouble that ended them before their end."""
    last_s = (invocation.deadline_ms - LAST_MS) / 1000
    try:
        for chunk in chunks:
            if chunk:
                stream.write(chunk)
            else:
                stream.require_listener()
            if time.time() >= last_s:
                raise TimeoutError
    except Gone:
        raise
    except Exception as error:
        return told("the function failed in the middle of its answer", error, invocation.request_id)
    return None


def _close(chunks: Iterator[bytes], invocation: Invocation) -> None:
    """Let a generator settle; one that was read to its end has nothing left to do."""
    try:
        getattr(chunks, "close", lambda: None)()
    except Exception as error:
        told("the function failed while it was closed", error, invocation.request_id)


def _opened(said: dict[str, Any] | Opened) -> tuple[bytes, Iterator[bytes]]:
    """Divide an answer into its head, as JSON, and its body."""
    if isinstance(said, tuple):
        status, headers, body = said
        return json.dumps({"statusCode": status, "headers": dict(headers)}).encode(), iter(body)
    head = {
        name: said[name] for name in ("statusCode", "headers", "multiValueHeaders", "cookies") if name in said
    }
    text = said.get("body") or ""
    whole = base64.b64decode(text) if said.get("isBase64Encoded") else text.encode()
    return json.dumps(head).encode(), iter((whole,))


def _is_call(event: Any) -> bool:
    """Tell a call of API Gateway from anything else that may come, such as a second event after a stream."""
    return isinstance(event, dict) and "requestContext" in event


def _context(invocation: Invocation) -> Context:
    said = os.environ.get
    return Context(
        invocation.request_id,
        invocation.arn,
        invocation.deadline_ms,
        said("AWS_LAMBDA_FUNCTION_NAME", ""),
        said("AWS_LAMBDA_FUNCTION_VERSION", ""),
        said("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""),
    )

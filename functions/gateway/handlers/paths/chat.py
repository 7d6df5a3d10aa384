"""Chats and embeddings, as OpenAI's clients ask for them; served by the function that streams."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.domain import chat
from gateway.domain.chat import Asked
from gateway.domain.job import Job
from gateway.domain.repeat import Repeat
from gateway.errors import Conflict, InvalidRequest
from gateway.flow.chat import answer, entry, known
from gateway.flow.chat.discreet import discreet
from gateway.handlers import _sse, _wiring
from gateway.handlers._call import Event, Live, Reply, body, caller
from gateway.handlers._header import header
from gateway.handlers._repeat import repeat_of
from gateway.handlers._reply import Streamed, reply
from gateway.handlers._trace import headers_of

# What a function takes as its event, less what wraps a body and its escapes there.
BODY_BYTES = 5 * 1024 * 1024
_LIMITS = ("limit", "remaining", "reset")
_ports = discreet(_wiring.the_ports())


def _completions(event: Event, *, left_s: float, streams: bool) -> Reply | Streamed:
    return _serve(event, chat.read_chat, left_s)


def _embeddings(event: Event, *, left_s: float, streams: bool) -> Reply | Streamed:
    return _serve(event, chat.read_embedding, left_s)


def _serve(event: Event, read: Callable[[dict[str, Any]], Asked], left_s: float) -> Reply | Streamed:
    sender = caller(event, "submit")
    given = body(event, BODY_BYTES)
    asked = read(given)
    call = _repeat(event, sender, given, asked)
    until = _ports.now() + left_s
    if call and (before := known.answered(_ports, sender.tenant, call)):
        return _replayed(*before)
    job, limits = entry.take_in(_ports, sender, asked)
    _wiring.logger.info("chat taken in", job=job.id, model=job.model, operation=job.operation, key=job.key_id)
    if asked.streamed:
        job, talk = answer.begin(_ports, job, until)
        headers = {**_headers(job), **_openai(limits), "content-type": "text/event-stream; charset=utf-8"}
        return Streamed(200, headers, _written(answer.stream(_ports, job, talk, asked)))
    try:
        told = answer.whole(_ports, job, asked, until, call)
    except Conflict:
        if call and (before := known.answered(_ports, sender.tenant, call)):
            return _replayed(*before)
        raise
    if call:
        known.keep(_ports, told)
    return reply(200, told.document, {**_headers(told.job), **_openai(limits)})


def _replayed(job: Job, document: bytes) -> Reply:
    headers = {**_headers(job), "idempotency-replayed": "true"}
    return {**reply(200, None, headers), "body": document.decode()}


def _repeat(event: Event, sender: Any, given: dict[str, Any], asked: Asked) -> Repeat | None:
    if asked.streamed and header(event, "idempotency-key") is not None:
        raise InvalidRequest(
            "Idempotency-Key: a stream is not kept, so it cannot be given again; "
            "send the call without 'stream', or without the key.",
            code="invalid_header",
            param="Idempotency-Key",
        )
    return repeat_of(event, sender, given)


def _written(told: Iterator[dict[str, Any] | None]) -> Iterator[bytes]:
    """Write a stream; to close this is to close what it comes from."""
    try:
        for each in told:
            yield _sse.data(each) if each is not None else _sse.DONE
    finally:
        getattr(told, "close", lambda: None)()


def _headers(job: Job) -> dict[str, str]:
    return {**headers_of(job, _ports.now()), "cache-control": "no-store"}


def _openai(limits: dict[str, str]) -> dict[str, str]:
    """Tell a key's limits in our headers and in OpenAI's, whose reset is a duration."""
    told = {f"x-ratelimit-{name}-requests": limits[f"ratelimit-{name}"] for name in _LIMITS if limits}
    if limits:
        told["x-ratelimit-reset-requests"] += "s"
    return limits | told


ROUTES: dict[tuple[str, str], Live] = {
    ("POST", "chat/completions"): _completions,
    ("POST", "embeddings"): _embeddings,
}

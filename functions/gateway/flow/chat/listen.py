"""Hear one target: a whole answer, or a stream from its first words on. What goes wrong is a ``Failure``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from gateway.domain.job import Job
from gateway.domain.outcome import Failure
from gateway.flow import credential
from gateway.flow.outcome import stand_still
from gateway.flow.ports import Ports
from gateway.flow.upstream import call_of
from gateway.protocols import hint, spoken
from gateway.protocols.call import Call
from gateway.protocols.chat.broken import Broken
from gateway.protocols.http import HttpRequest, HttpResponse, Stalled

REFUSAL_BYTES = 64 * 1024
Fields = dict[str, Any]


class _Failed(Exception):
    """Carries a failure out of a stream that was never one."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


@dataclass(slots=True)
class _Clock:
    """By when the next bytes must be there."""

    by: float


@dataclass(frozen=True, slots=True)
class Talk:
    """A stream that has begun.

    Args:
        chunks: in OpenAI's form; reading them raises what ``failure_of`` understands.
        source: what they come from, to be closed by whoever leaves before their end.
    """

    chunks: Iterator[Fields] = field(repr=False)
    source: Iterator[Fields] = field(repr=False)

    def close(self) -> None:
        """Leave the provider."""
        getattr(self.source, "close", lambda: None)()


def ask(ports: Ports, job: Job, limit_s: float) -> Fields | Failure:
    """Ask for a whole answer."""
    call = call_of(ports, job, job.attempt)
    request = _request(ports, job, call, streamed=False)
    if isinstance(request, Failure):
        return request
    answer = ports.wire.send(request, limit_s)
    if isinstance(answer, Failure):
        return answer
    _heed(ports, job, call, answer)
    return spoken.read(call, answer)


def talk(ports: Ports, job: Job, limit_s: float, until: float) -> Talk | Failure:
    """Ask for a stream, and wait for its first words.

    Args:
        limit_s: how long until these, and how long any pause may be.
        until: when it must have ended.
    """
    call = call_of(ports, job, job.attempt)
    request = _request(ports, job, call, streamed=True)
    if isinstance(request, Failure):
        return request
    clock = _Clock(min(ports.now() + limit_s, until))
    source = _heard(ports, job, call, request, limit_s, clock)
    first: list[Fields] = []
    try:
        for chunk in source:
            first.append(chunk)
            if _says_something(chunk):
                break
    except (_Failed, Broken, ConnectionError) as error:
        return failure_of(error)
    clock.by = until
    return Talk(chain(first, source), source)


def failure_of(error: Exception) -> Failure:
    """Say what an end of a stream means that is none."""
    if isinstance(error, _Failed):
        return error.failure
    if isinstance(error, Broken):
        return Failure(error.error, error.code[:80], str(error)[:300])
    if isinstance(error, Stalled):
        return Failure("timeout", "timeout", str(error))
    return Failure("transient", "connection", f"the connection broke: {error}")


def _heard(
    ports: Ports, job: Job, call: Call, request: HttpRequest, limit_s: float, clock: _Clock
) -> Iterator[Fields]:
    """Read a stream as it comes; whoever closes this closes the connection."""
    with ports.wire.stream(request, limit_s) as stream:
        kind = stream.headers.get("content-type", "")
        if stream.status >= 400 or kind.startswith("application/json"):
            answer = HttpResponse(stream.status, stream.headers, _bounded(stream.chunks))
            _heed(ports, job, call, answer)
            raise _Failed(spoken.refusal(call, answer))
        _heed(ports, job, call, HttpResponse(stream.status, stream.headers))
        yield from spoken.chunks(call, _timely(ports, stream.chunks, clock))


def _timely(ports: Ports, pieces: Iterable[bytes], clock: _Clock) -> Iterator[bytes]:
    for piece in pieces:
        if ports.now() > clock.by:
            raise Stalled("the answer took longer than it may")
        yield piece


def _says_something(chunk: Fields) -> bool:
    """Tell whether a chunk has more than who speaks: until then another target can still answer."""
    for choice in chunk["choices"]:
        said = {name: value for name, value in (choice.get("delta") or {}).items() if name != "role"}
        if any(said.values()) or choice.get("finish_reason"):
            return True
    return False


def _request(ports: Ports, job: Job, call: Call, *, streamed: bool) -> HttpRequest | Failure:
    grant = credential.of(ports, job, call.provider.name)
    if isinstance(grant, Failure):
        return grant
    return spoken.request(replace(call, account=grant.names), grant.secret, ports.now(), streamed=streamed)


def _heed(ports: Ports, job: Job, call: Call, answer: HttpResponse) -> None:
    """Let the pool stand still where the answer says that no call is left."""
    if pause_s := hint.exhausted_s(call.provider, answer):
        stand_still(ports, job, job.attempt, pause_s)


def _bounded(pieces: Iterable[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > REFUSAL_BYTES:
            break
    return bytes(body)

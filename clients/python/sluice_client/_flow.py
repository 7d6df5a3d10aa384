"""What each call does, step by step; a client carries the steps out, at once or with ``await``. Pure."""

import time
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice_client._wire import Events, Request, Response, error_in, error_of, pause_s
from sluice_client.errors import Unreachable, WaitTimedOut
from sluice_client.types import Chunk, Event, Job

ENDED = ("succeeded", "failed", "canceled", "expired")
# How often a connection for events may fail before the job is looked at instead.
LOST_AT_MOST = 3
SILENCE_S = 40.0
# The longest that the gateway waits within a call.
LONGEST_WAIT_S = 25
FIRST_LOOK_S, LAST_LOOK_S = 0.5, 5.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; the whole answer comes back."""

    request: Request


@dataclass(frozen=True, slots=True)
class Listen:
    """Send a request whose answer comes in pieces; its head comes back, and all of it if it is not a 200.

    Args:
        silence_s: how long to wait for a piece; of events the gateway sends one every 15 s.
    """

    request: Request
    silence_s: float


@dataclass(frozen=True, slots=True)
class Read:
    """Take the next piece; nothing at the end, or where the connection broke."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the caller of an event."""

    event: Event


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the caller what was said."""

    chunk: Chunk


@dataclass(frozen=True, slots=True)
class End:
    """The call is over."""

    value: Any


Step = Send | Listen | Read | Sleep | Tell | Say
Flow = Generator[Step, Any, Any]


def advance(flow: Flow, answer: Any) -> Step | End:
    """Give a call what its last step brought; return its next one."""
    try:
        return flow.send(answer)
    except StopIteration as end:
        return End(end.value)


def call(request: Request, tries: int) -> Flow:
    """Send a request until it is answered for good; return what it is answered with.

    Raises:
        SluiceError: it is refused.
        Unreachable: no answer came.
    """
    return (yield from _answered(Send(request), tries)).json()


def _answered(step: Send | Listen, tries: int) -> Flow:
    for number in range(1, tries + 1):
        response: Response = yield step
        if response.fine:
            return response
        pause = pause_s(response, number)
        if pause is None or number == tries:
            break
        yield Sleep(pause)
    if response.lost:
        raise Unreachable(f"no answer after {number} tries: {response.lost}", code="unreachable")
    raise error_of(response)


def talk(
    model: str, given: Mapping[str, Any], options: Mapping[str, Any], tries: int, silence_s: float
) -> Flow:
    """Ask for an answer as it is said, and tell its chunks; once it has begun it is not asked for again.

    Raises:
        SluiceError: it is refused, or broke off at the provider.
        Unreachable: no answer came, or the connection to the gateway broke.
    """
    body = {"model": model, **given, **options, "stream": True}
    asked = Request("POST", "/v1/chat/completions", body, {"accept": "text/event-stream"})
    yield from _answered(Listen(asked, silence_s), tries)
    events, job_id = Events(), None
    while (text := (yield Read())) is not None:
        for event in events.feed(text):
            chunk = event["data"]
            if chunk is None:
                return
            if "error" in chunk:
                raise error_in(chunk["error"])
            job_id = chunk["id"]
            yield Say(chunk)
    raise Unreachable("the answer broke off before its end", code="unreachable", job_id=job_id)


def submit(
    model: str, given: Mapping[str, Any], options: Mapping[str, Any], tries: int, wait_s: int = 0
) -> Flow:
    """Start a job; sent twice by a retry, it is one.

    Args:
        wait_s: how long the gateway shall wait for its end before it answers.
    """
    options = dict(options)
    key = options.pop("idempotency_key", None) or str(uuid.uuid4())
    headers = {"idempotency-key": key, "prefer": f"wait={wait_s}" if wait_s else "respond-async"}
    body = {"model": model, "input": dict(given), **options}
    return (yield from call(Request("POST", "/v1/jobs", body, headers), tries))


def run(
    model: str,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    tries: int,
    timeout_s: float,
    heard: bool,
) -> Flow:
    """Start a job and see it through: in the same call where it is quick and nobody hears its events.

    Args:
        heard: somebody wants to hear of it while it runs.
    """
    until = time.monotonic() + timeout_s
    wait_s = 0 if heard else min(LONGEST_WAIT_S, int(timeout_s))
    job: Job = yield from submit(model, given, options, tries, wait_s)
    if job["status"] in ENDED:
        return job
    return (yield from watch(job["id"], max(0.1, until - time.monotonic()), tries))


def upload(data: bytes, content_type: str, tries: int) -> Flow:
    """Send a file by a form of its own; return the reference to use it by."""
    asked = {"content_type": content_type, "bytes": len(data)}
    headers = {"idempotency-key": str(uuid.uuid4())}
    begun = yield from call(Request("POST", "/v1/uploads", asked, headers), tries)
    form = begun["upload"]
    yield from call(Request(form["method"], form["url"], form=form["fields"], file=data), tries)
    return begun["reference"]


def watch(job_id: str, timeout_s: float, tries: int) -> Flow:
    """Tell a job's events until it has ended; return it. Where events do not come, the job is looked at.

    Raises:
        WaitTimedOut: it has not ended by then.
    """
    until = time.monotonic() + timeout_s
    events, last, lost = Events(), "", 0
    while lost < LOST_AT_MOST:
        head = {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
        asked = Request("GET", f"/v1/jobs/{job_id}/events", headers=head)
        response: Response = yield Listen(asked, max(0.1, min(SILENCE_S, until - time.monotonic())))
        if response.status == 204:
            break
        if not response.lost and not _streams(response):
            if response.status != 200 and response.status != 404 and pause_s(response, 1) is None:
                raise error_of(response)
            break  # looking tells what is wrong, if anything is
        lost += 1
        while (text := (yield Read())) is not None:
            for event in events.feed(text):
                last, lost = event.get("id", last), 0
                yield Tell(event)
                if event["name"].removeprefix("job.") in ENDED:
                    return event["data"]
            _require_time(job_id, until, timeout_s)
        _require_time(job_id, until, timeout_s)
        yield Sleep(events.retry_s)
        events = Events()
    return (yield from _look(job_id, until, timeout_s, tries))


def _look(job_id: str, until: float, timeout_s: float, tries: int) -> Flow:
    """Look at a job again and again; what is new of it is told as an event without an id."""
    before: tuple[str, float | None] = ("", None)
    pause = FIRST_LOOK_S
    while True:
        job: Job = yield from call(Request("GET", f"/v1/jobs/{job_id}"), tries)
        now = (job["status"], job["progress"])
        if now != before:
            yield Tell({"name": f"job.{'progress' if now[0] == before[0] else now[0]}", "data": job})
        if job["status"] in ENDED:
            return job
        _require_time(job_id, until, timeout_s)
        before = now
        yield Sleep(min(pause, max(0.05, until - time.monotonic())))
        pause = min(LAST_LOOK_S, pause * 1.5)


def _streams(response: Response) -> bool:
    return response.status == 200 and response.headers.get("content-type", "").startswith("text/event-stream")


def _require_time(job_id: str, until: float, timeout_s: float) -> None:
    if time.monotonic() >= until:
        raise WaitTimedOut(
            f"{job_id} has not ended after {timeout_s:g} s; it goes on.",
            code="wait_timed_out",
            retryable=True,
            job_id=job_id,
        )

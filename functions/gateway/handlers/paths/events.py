"""A job's events, as they happen."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from gateway.domain import event as events
from gateway.domain import view
from gateway.domain.job import Job
from gateway.errors import NotFound
from gateway.flow.watch import LIFE_S, SLOWEST_S, watch
from gateway.handlers import _sse, _wiring
from gateway.handlers._call import Event, Live, Reply, base_url, caller
from gateway.handlers._header import header
from gateway.handlers._reply import Streamed

# An answer in one piece comes as soon as there is something to tell, and after this at the latest.
PIECE_S = 10
BEAT_S = 15
RETRY_MS = 2000

_ports = _wiring.the_ports()


def _events(event: Event, job_id: str, *, left_s: float, streams: bool) -> Reply | Streamed:
    """Tell what happens to a job; a client that knows its end already is told to stay away (204)."""
    job = _ports.jobs.get(caller(event, "read").tenant, job_id)
    if job is None:
        raise NotFound(f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id")
    mark = events.mark_of(job, *_last(event))
    headers = {"x-sluice-job": job.id, "cache-control": "no-store"}
    if events.over(job, mark):
        return {"statusCode": 204, "headers": headers, "body": ""}
    until = _ports.now() + min(LIFE_S if streams else PIECE_S, left_s)
    show = partial(_shown, base_url(event))
    body = _written(watch(_ports, job, mark, until, show), streams=streams)
    return Streamed(200, {**headers, "content-type": "text/event-stream; charset=utf-8"}, body)


def _last(event: Event) -> tuple[str, str]:
    """Return the last id that the caller got, and where it said so; the header is the younger of the two."""
    said = header(event, "last-event-id")
    if said:
        return said, "Last-Event-ID"
    return str((event.get("queryStringParameters") or {}).get("last_event_id") or ""), "last_event_id"


def _shown(address: str, job: Job) -> dict[str, Any]:
    return view.job_document(job, address, _wiring.link_secret)


def _written(told: Iterator[events.Event | None], *, streams: bool) -> Iterator[bytes]:
    """Write events as they come, and a sign of life where none came; in one piece it ends with the first."""
    yield _sse.retry(RETRY_MS)
    sent_at, some = _ports.now(), False
    for each in told:
        if each is not None:
            yield _sse.event(str(each.mark), each.name, each.data)
            sent_at, some = _ports.now(), True
        elif some and not streams:
            return
        elif _ports.now() - sent_at > BEAT_S - SLOWEST_S:
            yield _sse.BEAT
            sent_at = _ports.now()
        else:
            yield b""


ROUTES: dict[tuple[str, str], Live] = {("GET", "jobs/{id}/events"): _events}

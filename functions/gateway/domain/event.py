"""What a watcher of a job is told, derived from the job as it is stored.

A job's history only grows, so an event's place in it is its id for good: ``3``. Progress is no part of the
history: the latest value stands behind the latest event, as ``3.450`` for 45 % after the third, and an older
value is not told once there is a newer one. Ids are compared as pairs of numbers.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.instant import written
from gateway.domain.job import TERMINAL, Attempt, Job
from gateway.errors import InvalidRequest

_ID = re.compile(r"([1-9][0-9]{0,5})(?:\.([1-9][0-9]{0,3}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """How far a watcher has come: a place in the history, and thousandths of progress behind it."""

    place: int = 0
    progress: int = 0

    def __str__(self) -> str:
        """Write it as an event's id.

        >>> str(Mark(3)), str(Mark(3, 450))
        ('3', '3.450')
        """
        return f"{self.place}.{self.progress}" if self.progress else str(self.place)


BEGINNING = Mark()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a job.

    Args:
        name: ``job.`` and a state, ``attempt.started``, ``attempt.failed`` or ``job.progress``.
    """

    mark: Mark
    name: str
    data: dict[str, Any] = field(hash=False)


def mark_of(job: Job, text: str, source: str) -> Mark:
    """Read an event's id that a watcher gave back; no text stands for the beginning.

    Args:
        source: the header or the parameter that it came in, for the error.

    Raises:
        InvalidRequest: no event of this job has that id.
    """
    if not text:
        return BEGINNING
    found = _ID.fullmatch(text)
    mark = Mark(int(found[1]), int(found[2] or 0)) if found else BEGINNING
    if not found or mark.place > len(job.history) or mark.progress > 1000:
        raise InvalidRequest(
            f"{source}: {text[:40]!r} is not the id of an event of job {job.id}, which has had "
            f"{len(job.history)}. Give the last id that you got, such as '1' or '2.500', or none to see all.",
            code="invalid_header" if source == "Last-Event-ID" else "invalid_parameter",
            param=source,
            job_id=job.id,
        )
    return mark


def after(job: Job, mark: Mark, show: Callable[[Job], dict[str, Any]]) -> Iterator[Event]:
    """Tell what a watcher does not know yet, in order; the event of the job's end has the whole job in it.

    Args:
        show: writes the job as its document, when that is needed.
    """
    for place, (at, what) in enumerate(job.history[mark.place :], mark.place + 1):
        yield _event(job, Mark(place), at, what, show)
    now = Mark(len(job.history), _thousandths(job))
    if now > mark and now.progress:
        yield Event(now, "job.progress", {"id": job.id, "status": job.status, "progress": job.progress})


def over(job: Job, mark: Mark) -> bool:
    """Tell whether nothing can come after a mark."""
    return job.ended and mark.place == len(job.history)


def _event(job: Job, mark: Mark, at: float, what: str, show: Callable[[Job], dict[str, Any]]) -> Event:
    number, _, word = what.partition(".")
    if word:
        attempt = next(attempt for attempt in job.attempts if attempt.n == int(number))
        return Event(mark, f"attempt.{word}", _attempt(job, attempt, at, word))
    if what in TERMINAL:
        return Event(mark, f"job.{what}", show(job))
    return Event(mark, f"job.{what}", {"id": job.id, "status": what, "at": written(at)})


def _attempt(job: Job, attempt: Attempt, at: float, word: str) -> dict[str, Any]:
    """Say which target it is; of a failure also why, as the job's own document does."""
    facts: dict[str, Any] = {
        "id": job.id,
        "at": written(at),
        "n": attempt.n,
        "provider": attempt.provider,
        "model": attempt.model,
        "region": attempt.region,
    }
    if word == "failed":
        facts["error"] = {"class": attempt.error, "code": attempt.code, "message": attempt.message}
    return facts


def _thousandths(job: Job) -> int:
    """Return how far a provider says that it has come; only while it is at it, else it is old news."""
    working = job.status == "running" and job.attempts and job.attempt.status == "accepted"
    return min(1000, max(0, int((job.progress or 0) * 1000))) if working else 0

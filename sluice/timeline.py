"""A job's life as rows with bars: where its time went, and what each attempt came to."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain.job import Attempt, Job

BAR = 24
# Gaps shorter than this are the gateway's own work, not a wait.
_WAIT_S = 0.05


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a job's life, in seconds since the epoch."""

    what: str
    at: float
    until: float
    note: str = ""


def phases(job: Job, now: float) -> Iterator[Phase]:
    """Cut a job's life into waits, calls and the delivery; what is not over lasts until now."""
    end = job.finished_at or now
    answered = max((at for at, state in job.history if state == "delivering"), default=None)
    before = job.created_at
    for attempt in job.attempts:
        if attempt.reserved_at - before > _WAIT_S:
            yield Phase("queue", before, attempt.reserved_at)
        served = answered if attempt is job.attempt else None
        before = served or attempt.finished_at or end
        yield from _attempt(attempt, before)
    if answered:
        yield Phase("delivery", answered, end, f"{len(job.outputs)} stored")
    elif not job.attempts:
        yield Phase("queue", before, end, job.pool)


def rows(job: Job, now: float, *, drawn: bool) -> list[list[str]]:
    """Write the phases: when, what, how long, a bar where it is drawn, and what came of it."""
    end = job.finished_at or now
    scale = BAR / max(end - job.created_at, 0.001)
    return [
        [
            f"+{phase.at - job.created_at:.1f} s",
            phase.what,
            f"{phase.until - phase.at:.1f} s",
            *([_bar((phase.at - job.created_at) * scale, (phase.until - phase.at) * scale)] if drawn else []),
            phase.note,
        ]
        for phase in phases(job, now)
    ]


def _attempt(attempt: Attempt, until: float) -> Iterator[Phase]:
    target = f"{attempt.provider}/{attempt.model}"
    came_to = f"{attempt.error} ({attempt.code})" if attempt.error else attempt.status
    if attempt.started_at is None:
        yield Phase(f"{attempt.n} slot", attempt.reserved_at, until, f"{target} {came_to}")
        return
    yield Phase(f"{attempt.n} slot", attempt.reserved_at, attempt.started_at)
    yield Phase(f"{attempt.n} call", attempt.started_at, until, f"{target} {came_to}")


def _bar(offset: float, length: float) -> str:
    """Draw a bar at its place; the shortest is seen, too."""
    begin = min(round(offset), BAR - 1)
    return " " * begin + "█" * max(1, min(round(length), BAR - begin))

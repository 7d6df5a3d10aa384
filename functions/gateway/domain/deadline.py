"""How long an attempt may take: to be accepted, to begin, and all in all. Pure.

A deadline is judged after a look at the provider, and that look is planned for when it is over: so it is kept
to the second, and what is finished by then is delivered.
"""

import math

from gateway.domain.job import Attempt, Job
from gateway.wire import Protocol


def submit_s(job: Job, protocol: Protocol) -> float:
    """Return how long one call of an attempt may take."""
    return job.deadlines.submit_s or protocol.submit_deadline_s


def ends_at(job: Job, attempt: Attempt, protocol: Protocol) -> float:
    """Return when an attempt's time is over; one that has not started counts from its slot."""
    total_s = job.deadlines.total_s or protocol.total_deadline_s
    return min(job.deadline_at, (attempt.started_at or attempt.slot_at) + total_s)


def passed(job: Job, attempt: Attempt, protocol: Protocol, now: float, *, queued: bool) -> str:
    """Name the deadline that is over, if one is.

    Args:
        queued: the provider has said just now that it has not begun.
    """
    if now >= ends_at(job, attempt, protocol):
        return "total_deadline"
    if queued and now >= _begins_by(job, attempt, protocol):
        return "start_deadline"
    return ""


def look_in_s(
    job: Job, attempt: Attempt, protocol: Protocol, now: float, pause_s: float, *, queued: bool
) -> float:
    """Shorten a pause so that the look after it comes when a deadline is over; in whole seconds then.

    Args:
        queued: whether the job may still be in the provider's own queue.
    """
    ends = [ends_at(job, attempt, protocol)]
    if queued:
        ends.append(_begins_by(job, attempt, protocol))
    left = [math.ceil(end - now) for end in ends if now < end < math.inf]
    return min([pause_s, *left])


def _begins_by(job: Job, attempt: Attempt, protocol: Protocol) -> float:
    start_s = job.deadlines.start_s or protocol.start_deadline_s
    return (attempt.started_at or attempt.slot_at) + start_s if start_s else math.inf

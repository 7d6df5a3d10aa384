"""When a call may start, and when to look again. Pure: every function takes ``now``.

A pool's pace is one number, the *theoretical arrival time* of the generic cell rate algorithm (GCRA): the
instant at which a pool that never bursts would start its next call. The store applies these functions by
conditional updates (``aws.pacers``), a simulator may apply them to a variable.
Source: ITU-T I.371 annex A; as one item in DynamoDB, checked with 80 threads.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil

from gateway.plan import Limits


@dataclass(frozen=True, slots=True)
class Pace:
    """A limit as an interval and a tolerance: a burst may start back to back, then one call an interval."""

    interval_s: float
    tolerance_s: float


@dataclass(frozen=True, slots=True)
class Slot:
    """Permission to start at an instant; ``arrival`` is the pool's arrival time after it was given."""

    at: float
    arrival: float = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Full:
    """No slot inside the horizon; one will be there after ``retry_after_s``."""

    retry_after_s: float


def pace_of(limits: Limits, images: float = 0, tokens: float = 0) -> Pace | None:
    """Return the pace of a pool for a call of this size, or nothing where no rate limits it.

    Several limits at once are one clock: a call takes as much of the pool's time as it takes of the minute of
    the limit that it uses most of. So in any minute each limit is kept, but for one call's own images or
    tokens, which count like a burst. A burst itself is of calls for one image, for all calls of a pool alike.

    >>> pace_of(Limits(rpm=60, ipm=60, burst=3), images=4)
    Pace(interval_s=4.0, tolerance_s=2.0)
    """
    least = max((60 / limit for limit in (limits.rpm, limits.ipm) if limit), default=0)
    metered = ((1, limits.rpm), (images, limits.ipm), (tokens, limits.tpm))
    interval = max((60 * units / limit for units, limit in metered if limit), default=0)
    return Pace(interval, (limits.burst - 1) * least) if interval else None


def latest_arrival(now: float, pace: Pace, horizon_s: float) -> float:
    """Return the latest arrival time at which a pool still has a slot inside the horizon."""
    return now + pace.tolerance_s + horizon_s


def slot_before(arrival: float, now: float, pace: Pace) -> Slot:
    """Return the slot that was taken when the pool's arrival time moved on to ``arrival``."""
    return Slot(max(now, arrival - pace.interval_s - pace.tolerance_s), arrival)


def reserve(
    arrival: float | None, now: float, pace: Pace, horizon_s: float
) -> tuple[Slot | Full, float | None]:
    """Take the next slot of a pool: the decision, and the pool's new arrival time (none: unchanged).

    >>> pace = Pace(interval_s=10, tolerance_s=10)          # 6 a minute, two may start together
    >>> reserve(None, 100, pace, 60)
    (Slot(at=100), 110)
    >>> reserve(110, 100, pace, 60)
    (Slot(at=100), 120)
    >>> reserve(120, 100, pace, 60)
    (Slot(at=110), 130)
    >>> reserve(220, 100, pace, 60)
    (Full(retry_after_s=50), None)
    """
    arrival = max(arrival or now, now)
    latest = latest_arrival(now, pace, horizon_s)
    if arrival > latest:
        return Full(arrival - latest), None
    after = arrival + pace.interval_s
    return slot_before(after, now, pace), after


def timestamp(at: float) -> str:
    """Write an instant as workflows wait for it: UTC to the millisecond, never early.

    >>> timestamp(1_790_000_000.0001)
    '2026-09-21T14:13:20.001Z'
    """
    return datetime.fromtimestamp(ceil(at * 1000) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def first_look_s(usual_s: float) -> float:
    """Wait before the first poll: shortly before the model is usually done."""
    return max(1.0, usual_s * 0.85)


def next_look_s(usual_s: float, polls: int) -> float:
    """Wait before poll number ``polls + 1``: pauses that grow, between one second and half a minute."""
    return min(30.0, max(1.0, usual_s * 0.15 * 1.5 ** max(0, polls - 1)))


def look_s(usual_s: float, polls: int, *, called: bool) -> float:
    """Wait before poll number ``polls + 1``.

    Args:
        called: the provider calls when it is done: then a look is for a call that was lost on its way.
    """
    if called:
        return max(30.0, usual_s * (0.5 if polls else 1.5))
    return next_look_s(usual_s, polls) if polls else first_look_s(usual_s)

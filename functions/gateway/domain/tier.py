"""A key's own rate, in front of everything: what a caller is told before and after the last call of a minute.

The arithmetic is ``domain.pacing``'s with a burst of a whole minute and no waiting: a minute's calls may come
at once, and each interval gives one back. Rule: the numbers that a caller reads are whole and safe, so that a
call after ``retry-after`` seconds is let in.
"""

import math
from dataclasses import dataclass

from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace
from gateway.plan import Limits, Tier

_DIGITS = 5  # of a second: finer differences are noise, as a time of day is a float of seven digits there


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may go; ``remaining`` more may go now, and ``limit`` again after ``reset_s``."""

    limit: int
    remaining: int
    reset_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """The call may not go; one may after ``retry_after_s``."""

    limit: int
    retry_after_s: float


def pace_of(tier: Tier) -> Pace | None:
    """Return the pace of a key, or nothing where its tier has no rate."""
    return pacing.pace_of(Limits(rpm=tier.rpm, burst=tier.rpm)) if tier.rpm else None


def admit(arrival: float | None, now: float, pace: Pace) -> tuple[Allowed | Refused, float | None]:
    """Let a call in or not: the answer, and the key's new arrival time (none: unchanged).

    >>> three = Pace(interval_s=20, tolerance_s=40)         # a tier of 3 a minute
    >>> admit(None, 100, three)
    (Allowed(limit=3, remaining=2, reset_s=20), 120)
    >>> admit(160, 101, three)
    (Refused(limit=3, retry_after_s=19), None)
    """
    decision, after = pacing.reserve(arrival, now, pace, 0)
    if isinstance(decision, Full):
        return refused(decision, pace), None
    return allowed(after or now, now, pace), after


def allowed(arrival: float, now: float, pace: Pace) -> Allowed:
    """Return the answer to a call that moved its key's arrival time on to ``arrival``."""
    return Allowed(_limit(pace), remaining(arrival, now, pace), max(0, arrival - now))


def refused(full: Full, pace: Pace) -> Refused:
    """Return the answer to a call that found its key's minute used up."""
    return Refused(_limit(pace), full.retry_after_s)


def remaining(arrival: float | None, now: float, pace: Pace) -> int:
    """Count the calls that may go at this instant, one after the other."""
    room_s = pacing.latest_arrival(now, pace, 0) - max(arrival or now, now)
    return max(0, math.floor(round(room_s / pace.interval_s, _DIGITS)) + 1)


def headers(answer: Allowed | Refused) -> dict[str, str]:
    """Write an answer as header fields, in whole seconds rounded up.

    Source: draft-ietf-httpapi-ratelimit-headers-03; a refusal's reset is its retry-after, as asked for there.
    The same by OpenAI's names: https://developers.openai.com/api/docs/guides/rate-limits, read 2026-11-24.

    >>> headers(Refused(limit=3, retry_after_s=18.2))["retry-after"]
    '19'
    """
    if isinstance(answer, Allowed):
        return _fields(answer.limit, answer.remaining, _seconds(answer.reset_s))
    after_s = max(1, _seconds(answer.retry_after_s))
    return {**_fields(answer.limit, 0, after_s), "retry-after": str(after_s)}


def _fields(limit: int, left: int, reset_s: int) -> dict[str, str]:
    return {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(left),
        "ratelimit-reset": str(reset_s),
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(left),
        "x-ratelimit-reset-requests": f"{reset_s}s",
    }


def _limit(pace: Pace) -> int:
    return round(pace.tolerance_s / pace.interval_s) + 1


def _seconds(value_s: float) -> int:
    return math.ceil(round(value_s, _DIGITS))

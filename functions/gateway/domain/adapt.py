"""How much of its configured pace a pool goes at, after its provider refused calls. Pure: ``now`` comes in.

A refusal takes a share off at once, and every quiet second gives a little of it back, so a pool whose real
limit is lower than the configured one swings just below the real one.
Source: additive increase, multiplicative decrease; Chiu and Jain, 1989.
"""

from dataclasses import dataclass

from gateway.domain.pacing import Pace

KEPT = 0.7
LEAST = 0.05
# From a standstill to the full pace.
RECOVERY_S = 1800
# Refusals this close together are of calls that were under way when the first one came.
TOGETHER_S = 10


@dataclass(frozen=True, slots=True)
class Slowdown:
    """The share of its pace that a pool had at an instant; it grows from there."""

    share: float
    since: float

    @property
    def until(self) -> float:
        """The instant from which the pool is at its full pace again."""
        return self.since + (1 - self.share) * RECOVERY_S


FULL_PACE = Slowdown(share=1, since=0)


def share_at(slowdown: Slowdown, now: float) -> float:
    """Return the share of its pace that a pool has now.

    >>> share_at(Slowdown(0.5, since=100), 100), share_at(Slowdown(0.5, since=100), 1000)
    (0.5, 1.0)
    """
    return min(1.0, slowdown.share + max(0.0, now - slowdown.since) / RECOVERY_S)


def refused(slowdown: Slowdown, now: float) -> Slowdown:
    """Slow a pool down after a refusal, once for refusals that come together.

    >>> once = refused(FULL_PACE, 100)
    >>> once, refused(once, 109) == once
    (Slowdown(share=0.7, since=100), True)
    """
    if slowdown != FULL_PACE and now - slowdown.since < TOGETHER_S:
        return slowdown
    return Slowdown(max(LEAST, share_at(slowdown, now) * KEPT), now)


def slowed(pace: Pace, share: float) -> Pace:
    """Return a share of a pace: longer intervals, and as many calls back to back.

    >>> slowed(Pace(interval_s=1, tolerance_s=2), 0.5)
    Pace(interval_s=2.0, tolerance_s=4.0)
    """
    return pace if share == 1 else Pace(pace.interval_s / share, pace.tolerance_s / share)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a pool stands: its arrival time, how many wait for it, and how slow it goes."""

    arrival: float = 0
    waiting: int = 0
    slow: Slowdown = FULL_PACE


def starts_in_s(backlog: Backlog, pace: Pace, now: float, ahead: int) -> float:
    """Estimate how long until a call may start that has ``ahead`` others before it.

    >>> starts_in_s(Backlog(arrival=130), Pace(interval_s=10, tolerance_s=20), 100, ahead=3)
    40
    """
    going = slowed(pace, share_at(backlog.slow, now))
    return max(0, backlog.arrival - going.tolerance_s - now) + ahead * going.interval_s

"""A pool on the virtual clock: its pace, its places, its fair queue, and what its provider would count.

Slots are ``pacing.reserve``'s, turns ``fair.tag_after``'s, pauses the pump's; this module only keeps their
numbers.
"""

import math
from collections import defaultdict, deque
from heapq import heappop, heappush
from typing import Any

from gateway.domain import adapt, fair, pacing
from gateway.domain.adapt import FULL_PACE, Backlog
from gateway.domain.pacing import Full, Pace, Slot
from gateway.flow.outcome import LONGEST_PAUSE_S as LONGEST_STANDSTILL_S
from gateway.flow.pool import NEAR_S
from gateway.flow.pump import BELL_EARLY_S, LONGEST_PAUSE_S, PAUSE_S
from gateway.plan import Limits
from sluice.simulate.arrivals import MINUTE, SECOND

# A waiting job: tag, when it was made, a number that differs, and what the engine needs to start it.
Entry = tuple[int, int, int, Any]
NEAR_US = NEAR_S * SECOND
# Only the end of another call makes room, and nobody knows when that is.
NO_PLACE = Full(math.inf)


def ticks_of(pace: Pace) -> Pace:
    """Return a pace in whole microseconds, rounded up, so that no call too many gets through.

    >>> ticks_of(Pace(interval_s=1, tolerance_s=2))
    Pace(interval_s=1000000, tolerance_s=2000000)
    """
    interval = math.ceil(round(pace.interval_s * SECOND, 3))
    return Pace(interval, math.ceil(round(pace.tolerance_s / pace.interval_s * interval, 3)))


class Pool:
    """What one provider lets through in one region, or of one model there.

    Args:
        bin_us: width of a point in the series.
        down: when the provider fails every call, as (from, to).
        real: the calls a minute beyond which the provider answers 429, where that is not the configured rate.
    """

    __slots__ = (
        "_allowed",
        "_arrival",
        "_backlog_from",
        "_backlog_used",
        "_ends",
        "_tags",
        "_virtual",
        "_window",
        "bin_us",
        "crowded_until",
        "deaf_until",
        "depth",
        "depth_most",
        "depths",
        "down",
        "last_start",
        "limits",
        "most_in_60_s",
        "name",
        "offered_waiting",
        "over_limit",
        "pace",
        "places",
        "provider",
        "queue",
        "real",
        "slow",
        "started",
        "starts",
        "used_waiting",
    )

    def __init__(
        self,
        name: str,
        provider: str,
        limits: Limits,
        *,
        bin_us: int,
        down: tuple[tuple[int, int], ...] = (),
        real: int | None = None,
    ) -> None:
        self.name, self.provider, self.limits, self.down, self.bin_us = name, provider, limits, down, bin_us
        # Of calls of which each is one; nothing where only their sizes count, or nothing does.
        pace = pacing.pace_of(limits)
        self.pace = ticks_of(pace) if pace else None
        self.places, self.real = limits.concurrent or math.inf, real
        self.slow = FULL_PACE
        self.queue: list[Entry] = []
        # Until when a pump that found no place would find none, and one that found no slot hears no bells.
        self.crowded_until = self.deaf_until = -1
        self.last_start = self.depth = self.depth_most = self.started = self.over_limit = (
            self.most_in_60_s
        ) = 0
        self.offered_waiting = self.used_waiting = 0
        self.starts: defaultdict[int, int] = defaultdict(int)
        self.depths: list[int] = []
        self._arrival: float | None = None
        self._ends: list[int] = []
        self._tags: dict[int, int] = {}
        self._virtual = 0
        self._window: deque[int] = deque()
        # What GCRA allows in any minute: a burst, then one an interval.
        self._allowed = real or (limits.rpm + limits.burst - 1 if limits.rpm else 0)
        self._backlog_from: float = 0
        self._backlog_used = 0

    def take(self, now: int, near: int, pace: Pace, *, from_queue: bool = False) -> Slot | Full:
        """Take a slot inside ``near`` and a place, or neither, as ``flow.pool.take`` does over its store.

        Args:
            from_queue: for a job whose turn it is; any other finds the pool full while jobs wait there.
        """
        if not self.room(now):
            return NO_PLACE
        if self.slow is not FULL_PACE:
            pace = self._slowed(pace, now)
        if self.depth and not from_queue:
            ahead = max(self._arrival or now, now) - pacing.latest_arrival(now, pace, near)
            return Full(max(1, ahead + self.depth * pace.interval_s))
        found, after = pacing.reserve(self._arrival, now, pace, near)
        if after is not None:
            self._arrival = after
        return found

    def room(self, now: int) -> float:
        """Count the calls that may run now besides those that do."""
        ends = self._ends
        while ends and ends[0] <= now:
            heappop(ends)
        return self.places - len(ends)

    def hold(self, until: int) -> None:
        """Occupy one of the places until an instant."""
        if self.places < math.inf:
            heappush(self._ends, until)

    def count(self, at: int) -> bool:
        """Count a start, and tell whether the provider refuses it."""
        self.started += 1
        self.starts[at // self.bin_us] += 1
        if at > self.last_start:
            self.last_start = at
        return bool(self._allowed) and self._watch(at)

    def refused(self, now: int, pace: Pace, pause_s: float) -> None:
        """Slow down and stand still after a provider's 429, as ``flow.outcome`` has it."""
        self.slow = adapt.refused(self.slow, now / SECOND)
        until = now + round(min(pause_s, LONGEST_STANDSTILL_S) * SECOND)
        self._arrival = max(self._arrival or now, until + self._slowed(pace, until).tolerance_s)

    def starts_in_s(self, now: int, pace_s: Pace, sent_on: int) -> float:
        """Estimate how long until one more job would start, after those that wait and those on their way."""
        backlog = Backlog((self._arrival or 0) / SECOND, self.depth, self.slow)
        return adapt.starts_in_s(backlog, pace_s, now / SECOND, self.depth + sent_on)

    def rest(self, now: int, full: Full) -> int | None:
        """Return when the pump that found no slot looks again; nothing where that is foreseen already.

        That is after its pause; or when a place is given back, which rings just once.
        """
        if full is NO_PLACE:
            before, self.crowded_until = self.crowded_until, self._ends[0]
            return self.crowded_until if self.crowded_until != before else None
        pause_s = min(LONGEST_PAUSE_S, max(PAUSE_S, math.ceil(full.retry_after_s / SECOND)))
        self.deaf_until = now + round((pause_s - BELL_EARLY_S) * SECOND)
        return now + pause_s * SECOND

    def enter(self, now: int, tenant: int, made: int, number: int, payload: Any) -> None:
        """Put a job into the fair queue; of equal turns the older job's comes first."""
        tag = fair.tag_after(self._tags.get(tenant), self._virtual)
        self._tags[tenant] = tag
        heappush(self.queue, (tag, made, number, payload))
        if not self.depth:
            self._backlog_from = max(self._arrival or now, now)
            self._backlog_used = self.started
        self._note(now, self.depth + 1)

    def leave(self, now: int, at: int | None = None) -> None:
        """Let the first of the queue go, to its start or (none) without one; its tag is the new time."""
        self._virtual = heappop(self.queue)[0]
        self._note(now, self.depth - 1)
        if not self.depth:
            self._close_backlog(now if at is None else at, at is not None)

    def is_down(self, now: int) -> bool:
        """Tell whether the provider fails what starts now."""
        return any(begin <= now < end for begin, end in self.down)

    def offered(self, arrival: float, until: int) -> int:
        """Count the slots that a pool with this arrival time has up to an instant, a burst included."""
        if self.pace is None:
            return 0
        return max(0, int((until + self.pace.tolerance_s - arrival) // self.pace.interval_s) + 1)

    def _slowed(self, pace: Pace, now: int) -> Pace:
        going = adapt.slowed(pace, adapt.share_at(self.slow, now / SECOND))
        return Pace(math.ceil(going.interval_s), math.ceil(going.tolerance_s))

    def _close_backlog(self, until: int, starts: bool) -> None:
        """Compare the slots while somebody waited with those taken; the last start is to be counted yet."""
        if self.pace is not None:
            used = self.started + starts - self._backlog_used
            self.used_waiting += used
            self.offered_waiting += max(used, self.offered(self._backlog_from, until))

    def _note(self, now: int, depth: int) -> None:
        """Write the depth down: a point is the most that waited during it."""
        depths, index = self.depths, now // self.bin_us
        if len(depths) <= index:
            depths.extend([self.depth] * (index + 1 - len(depths)))
        self.depth = depth
        if depth > depths[index]:
            depths[index] = depth
            if depth > self.depth_most:
                self.depth_most = depth

    def _watch(self, at: int) -> bool:
        """Count the calls of the last minute as the provider does, knowing nothing of our arithmetic."""
        window = self._window
        since = at - MINUTE
        while window and window[0] <= since:
            window.popleft()
        over = len(window) >= self._allowed
        self.over_limit += over
        if over and self.real:
            return True
        window.append(at)
        if len(window) > self.most_in_60_s:
            self.most_in_60_s = len(window)
        return False

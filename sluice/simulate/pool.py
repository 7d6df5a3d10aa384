"""A pool on the virtual clock: its pace, its calls at once, its fair queue, and what a bystander would count.

Slots are ``pacing.reserve``'s and turns ``fair.tag_after``'s; this module only keeps their numbers.
"""

import math
from collections import defaultdict, deque
from heapq import heappop, heappush
from typing import Any

from gateway.domain import fair, pacing
from gateway.domain.pacing import Full, Pace
from gateway.plan import Limits
from sluice.simulate.arrivals import MINUTE, SECOND

# A waiting job: tag, number, tenant, and what the engine needs to start it (nothing once it has gone).
Entry = list[Any]
PAYLOAD = 3


def ticks_of(limits: Limits) -> Pace | None:
    """Return a pool's pace in whole microseconds, rounded up, so that no call too many gets through.

    >>> ticks_of(Limits(rpm=60, burst=3))
    Pace(interval_s=1000000, tolerance_s=2000000)
    """
    pace = pacing.pace_of(limits)
    if pace is None:
        return None
    interval = math.ceil(round(pace.interval_s * SECOND, 3))
    return Pace(interval, (limits.burst - 1) * interval)


class Pool:
    """One provider in one region.

    Args:
        down: when the provider fails every call, as (from, to).
        bin_us: width of a point in the series.
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
        "concurrent",
        "depth",
        "depth_most",
        "depths",
        "down",
        "interval",
        "last_start",
        "limits",
        "most_in_60_s",
        "name",
        "offered_waiting",
        "over_limit",
        "pace",
        "provider",
        "queue",
        "started",
        "starts",
        "used_waiting",
        "waking",
    )

    def __init__(
        self, name: str, provider: str, limits: Limits, down: tuple[tuple[int, int], ...], bin_us: int
    ) -> None:
        self.name, self.provider, self.limits, self.down, self.bin_us = name, provider, limits, down, bin_us
        self.pace = ticks_of(limits)
        self.interval = int(self.pace.interval_s) if self.pace else 0
        self.concurrent = limits.concurrent or 0
        self.queue: list[Entry] = []
        self.waking = False
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
        self._allowed = (limits.rpm or 0) + limits.burst - 1
        self._backlog_from: float = 0
        self._backlog_used = 0

    def opens_at(self, now: int) -> int:
        """Return when the next call may start, for its slot and for a place among the calls at once."""
        at = now
        if self.pace is not None and self._arrival is not None:
            at = int(pacing.slot_before(self._arrival + self.interval, now, self.pace).at)
        if self.concurrent:
            ends = self._ends
            while ends and ends[0] <= now:
                heappop(ends)
            if len(ends) >= self.concurrent and ends[0] > at:
                return ends[0]
        return at

    def wait_us(self, now: int) -> int:
        """Estimate one more job's wait: until the next start, and an interval for each that waits."""
        ahead = self.opens_at(now) - now
        return max(1, ahead + self.depth * self.interval) if self.depth else ahead

    def take(self, now: int) -> None:
        """Take the slot of this instant; the caller has asked ``opens_at``."""
        if self.pace is not None:
            slot, after = pacing.reserve(self._arrival, now, self.pace, 0)
            if isinstance(slot, Full):
                raise AssertionError(f"{self.name} has no slot at {now}")
            self._arrival = after
            self._watch(now)
        self.started += 1
        self.last_start = now
        self.starts[now // self.bin_us] += 1

    def hold(self, until: int) -> None:
        """Occupy one of the places until an instant."""
        if self.concurrent:
            heappush(self._ends, until)

    def enter(self, now: int, number: int, tenant: int, payload: Any) -> Entry:
        """Put a job into the fair queue."""
        tag = fair.tag_after(self._tags.get(tenant), self._virtual)
        self._tags[tenant] = tag
        entry: Entry = [tag, number, tenant, payload]
        heappush(self.queue, entry)
        if not self.depth:
            self._backlog_from = max(self._arrival or now, now)
            self._backlog_used = self.started
        self._note(now, self.depth + 1)
        return entry

    def next_entry(self) -> Entry | None:
        """Return whose turn it is, and forget those before it that left without a start."""
        queue = self.queue
        while queue and queue[0][PAYLOAD] is None:
            heappop(queue)
        return queue[0] if queue else None

    def leave(self, now: int, entry: Entry, *, starts: bool) -> Any:
        """Let a job go from the queue, and return what it came with; a start's tag is the new time."""
        payload, entry[PAYLOAD] = entry[PAYLOAD], None
        if starts:
            self._virtual = entry[0]
        self._note(now, self.depth - 1)
        if not self.depth:
            self._close_backlog(now, starts)
        return payload

    def is_down(self, now: int) -> bool:
        """Tell whether the provider fails what starts now."""
        return any(begin <= now < end for begin, end in self.down)

    def offered(self, arrival: float, until: int) -> int:
        """Count the slots that a pool with this arrival time has up to an instant, a burst included."""
        if self.pace is None:
            return 0
        return max(0, int((until + self.pace.tolerance_s - arrival) // self.interval) + 1)

    def _close_backlog(self, now: int, starts: bool) -> None:
        """Compare the slots while somebody waited with those taken; one that starts now is to come."""
        if self.pace is not None:
            used = self.started + starts - self._backlog_used
            self.used_waiting += used
            self.offered_waiting += max(used, self.offered(self._backlog_from, now))

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

    def _watch(self, now: int) -> None:
        """Count the starts of the last minute as the provider does, knowing nothing of our arithmetic."""
        window = self._window
        window.append(now)
        since = now - MINUTE
        while window[0] <= since:
            window.popleft()
        if len(window) > self.most_in_60_s:
            self.most_in_60_s = len(window)
        if len(window) > self._allowed:
            self.over_limit += 1

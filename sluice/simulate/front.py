"""What stands in front: how many jobs a tenant may start in a minute, and how many may run at once.

Who is let in is ``domain.tier``'s arithmetic over ``pacing.reserve``, as ``flow.front`` asks it of its store.
"""

from collections import defaultdict
from heapq import heappop, heappush
from math import inf

from gateway.domain import pacing
from gateway.domain import tier as tiers
from gateway.domain.pacing import Full
from gateway.flow.front import PLACE_WAIT_S
from gateway.plan import Plan
from sluice.errors import Refused, unknown
from sluice.simulate.arrivals import SECOND
from sluice.simulate.pool import ticks_of


class Front:
    """A tier's limits, for each tenant as for one key."""

    def __init__(self, plan: Plan, name: str) -> None:
        tier = plan.tiers.get(name)
        if tier is None:
            raise Refused(f"--tier: {unknown('tier', name, plan.tiers)}")
        pace = tiers.pace_of(tier)
        self._pace = ticks_of(pace) if pace else None
        self._most = tier.concurrent or inf
        self._arrival: dict[int, float] = {}
        self._places: defaultdict[int, int] = defaultdict(int)
        self._ends: defaultdict[int, list[int]] = defaultdict(list)

    def refusal(self, now: int, tenant: int) -> tuple[str, float] | None:
        """Let a job in, or return why not and after how many seconds it may be tried again."""
        if self._pace is not None:
            slot, after = pacing.reserve(self._arrival.get(tenant), now, self._pace, 0)
            if isinstance(slot, Full):
                return "rate_limited", slot.retry_after_s / SECOND
            self._arrival[tenant] = after or now
        ends = self._ends[tenant]
        while ends and ends[0] <= now:
            heappop(ends)
            self._places[tenant] -= 1
        if self._places[tenant] >= self._most:
            return "too_many_jobs", PLACE_WAIT_S
        self._places[tenant] += 1
        return None

    def end(self, at: int, tenant: int) -> None:
        """Make room for the tenant's next job when one of its jobs ends."""
        heappush(self._ends[tenant], at)

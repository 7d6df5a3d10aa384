"""What a run came to: counts, histograms and series, never single jobs unless they were asked for."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.plan import Limits
from sluice.errors import Refused
from sluice.percentile import percentile
from sluice.simulate.arrivals import SECOND, Arrivals, Down, Traffic
from sluice.simulate.course import Course
from sluice.simulate.pool import Pool

# Waits are counted in steps of ten milliseconds, rounded down.
STEP_US = 10_000
STEPS_A_SECOND = SECOND // STEP_US


@dataclass(frozen=True, slots=True)
class Start:
    """One attempt that started, in a run that records; the tenant is an index of ``Result.tenants``."""

    at_s: float
    pool: str
    tenant: int
    waited_s: float
    served: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer 429 with its Retry-After, in a run that records."""

    at_s: float
    tenant: int
    reason: str
    retry_after_s: int


class Tally:
    """What the engine counts while it runs."""

    def __init__(self, arrivals: Arrivals, bin_us: int, record: bool) -> None:
        self.arrivals, self.bin_us = arrivals, bin_us
        self.waits: list[defaultdict[int, int]] = [defaultdict(int) for _ in arrivals.tenants]
        self.attempts: defaultdict[int, int] = defaultdict(int)
        self.arrived: defaultdict[int, int] = defaultdict(int)
        self.refused: Counter[str] = Counter()
        self.failed = self.expired = self.last_end = self.last_arrival = 0
        self.starts: list[Start] | None = [] if record else None
        self.refusals: list[Refusal] | None = [] if record else None

    def arrive(self, now: int) -> None:
        """Count a job of a caller."""
        self.arrived[now // self.bin_us] += 1
        self.last_arrival = now

    def succeed(self, tenant: int, waited: int, attempts: int, end: int) -> None:
        """Count a job that its provider finishes."""
        self.waits[tenant][waited // STEP_US] += 1
        self.attempts[attempts] += 1
        if end > self.last_end:
            self.last_end = end


@dataclass(frozen=True, slots=True)
class PoolResult:
    """What happened in one pool.

    Args:
        real: the calls a minute that the provider takes, where that is not the configured rate.
        over_limit: starts that a provider which counts the last 60 s answers 429.
        used_percent: slots taken of all that there were from the first arrival to the last start.
        used_waiting_percent: the same over the times in which somebody waited; nothing if nobody did.
        starts_in, depth_in: per point of the series, the starts and the most that waited.
    """

    name: str
    provider: str
    limits: Limits
    real: int | None
    starts: int
    over_limit: int
    most_in_60_s: int
    used_percent: float | None
    used_waiting_percent: float | None
    queue_most: int
    starts_in: tuple[int, ...]
    depth_in: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run.

    Args:
        expired: jobs whose deadline passed, waiting or running.
        refused: why callers were answered 429 at once -> how many; the codes are the API's.
        attempts: attempts a successful job -> jobs.
        cost_micros: provider -> list price of what it served.
        unpriced: provider -> jobs that it served without a list price.
        log, refusals: every start and refusal, where the run records; else empty.
    """

    traffic: Traffic
    duration_s: float
    end_s: float
    jobs: int
    succeeded: int
    failed: int
    expired: int
    refused: dict[str, int]
    tenants: tuple[str, ...]
    models: tuple[str, ...]
    attempts: dict[int, int]
    served: dict[str, int]
    cost_micros: dict[str, int]
    unpriced: dict[str, int]
    pools: dict[str, PoolResult]
    bin_s: int
    arrived_in: tuple[int, ...]
    waits: dict[str, Counter[int]]
    log: tuple[Start, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def starts(self) -> dict[str, int]:
        """Return the attempts started per pool, failed ones included."""
        return {name: pool.starts for name, pool in self.pools.items()}

    @property
    def callers_429(self) -> int:
        """Return the jobs that callers were sent away with."""
        return sum(self.refused.values())

    @property
    def ours_429(self) -> int:
        """Return the starts that providers refused for their limits."""
        return sum(pool.over_limit for pool in self.pools.values())

    @property
    def down(self) -> tuple[Down, ...]:
        """Return what was broken on purpose."""
        return self.traffic.down

    def waits_s(self, percent: float, tenant: str | None = None) -> float:
        """Return the wait, from arrival to the start that succeeded, that so many percent did not exceed.

        Args:
            percent: 0 to 100, by nearest rank; the answer is rounded down to 10 ms.
        """
        if tenant is not None and tenant not in self.waits:
            raise Refused(f"no tenant {tenant!r}. Known: {', '.join(self.waits)}.")
        counts: Counter[int] = Counter()
        for name, each in self.waits.items():
            if tenant in (None, name):
                counts.update(each)
        return (percentile(counts, percent) or 0) / STEPS_A_SECOND


def result_of(tally: Tally, courses: Sequence[Course], pools: Sequence[Pool], traffic: Traffic) -> Result:
    """Sum a run up."""
    served: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    unpriced: Counter[str] = Counter()
    for leg in (leg for course in courses for leg in course.legs):
        served[f"{leg.hop.provider}/{leg.hop.model}"] += leg.served
        cost[leg.pool.provider] += leg.served * (leg.micros or 0)
        unpriced[leg.pool.provider] += leg.served if leg.micros is None else 0
    span_us = max(tally.last_arrival, *(pool.last_start for pool in pools))
    points = 1 + max([0, *tally.arrived, *(index for pool in pools for index in pool.starts)])
    return Result(
        traffic=traffic,
        duration_s=tally.arrivals.duration_us / SECOND,
        end_s=tally.last_end / SECOND,
        jobs=sum(tally.arrived.values()),
        succeeded=sum(tally.attempts.values()),
        failed=tally.failed,
        expired=tally.expired,
        refused=dict(sorted(tally.refused.items())),
        tenants=tally.arrivals.tenants,
        models=tally.arrivals.models,
        attempts=dict(sorted(tally.attempts.items())),
        served=dict(served),
        cost_micros=dict(cost),
        unpriced={name: count for name, count in unpriced.items() if count},
        pools={pool.name: _pool_result(pool, points, span_us) for pool in pools},
        bin_s=tally.bin_us // SECOND,
        arrived_in=tuple(tally.arrived.get(index, 0) for index in range(points)),
        waits={name: Counter(tally.waits[index]) for index, name in enumerate(tally.arrivals.tenants)},
        log=tuple(tally.starts or ()),
        refusals=tuple(tally.refusals or ()),
    )


def _pool_result(pool: Pool, points: int, span_us: int) -> PoolResult:
    depths = pool.depths[:points]
    return PoolResult(
        name=pool.name,
        provider=pool.provider,
        limits=pool.limits,
        real=pool.real,
        starts=pool.started,
        over_limit=pool.over_limit,
        most_in_60_s=pool.most_in_60_s,
        used_percent=_percent(pool.started, pool.offered(0, span_us)),
        used_waiting_percent=_percent(pool.used_waiting, pool.offered_waiting),
        queue_most=pool.depth_most,
        starts_in=tuple(pool.starts.get(index, 0) for index in range(points)),
        depth_in=tuple(depths + [0] * (points - len(depths))),
    )


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None

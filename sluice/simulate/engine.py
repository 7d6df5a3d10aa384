"""The event loop: arrivals in order of time, between them what was foreseen: wakes, failures, deadlines."""

import random
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from math import ceil
from typing import Any

from gateway.plan import Plan
from sluice.sample import first_model
from sluice.simulate.arrivals import MINUTE, SECOND, Arrivals, Traffic, arrivals_of
from sluice.simulate.course import Course, Leg, course_of, pools_of
from sluice.simulate.pool import PAYLOAD, Entry, Pool
from sluice.simulate.result import Refusal, Result, Start, Tally, result_of

# How long a provider that is down takes to fail a call.
SUBMIT_US = SECOND
# Runs up to this long are drawn in steps of ten seconds, longer ones in minutes.
_SHORT_US = 180 * MINUTE
_TELL_EVERY = 20_000


class Job:
    """A job on its way; only those in the system exist."""

    __slots__ = ("arrived", "attempts", "course", "deadline", "legs", "tenant", "tried")

    def __init__(self, arrived: int, tenant: int, course: Course, legs: tuple[Leg, ...]) -> None:
        self.arrived, self.tenant, self.course, self.legs = arrived, tenant, course, legs
        self.deadline = arrived + course.deadline_us
        self.tried = self.attempts = 0


def simulate(
    plan: Plan,
    traffic: Traffic,
    *,
    record: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Result:
    """Run a traffic through a plan.

    Args:
        record: keep every start and refusal in the result; for runs that are small.
        progress: told now and then how many jobs have arrived, and of how many.

    Raises:
        Refused: the traffic names something that is not there, or contradicts itself.
    """
    arrivals = arrivals_of(traffic, first_model(plan) if not traffic.models else "")
    bin_us = 10 * SECOND if arrivals.duration_us <= _SHORT_US else MINUTE
    pools = pools_of(plan, traffic, bin_us)
    courses = [course_of(plan, name, traffic.parameters, pools) for name in arrivals.models]
    tally = Tally(arrivals, bin_us, record)
    engine = Engine(courses, tally, traffic)
    engine.run(_told(arrivals, progress) if progress else arrivals.stream)
    used = {leg.pool.name: leg.pool for course in courses for leg in course.legs}
    return result_of(tally, courses, list(used.values()), traffic)


def _told(arrivals: Arrivals, progress: Callable[[int, int], object]) -> Iterator[tuple[int, int, int]]:
    for number, arrival in enumerate(arrivals.stream):
        if not number % _TELL_EVERY:
            progress(number, arrivals.count)
        yield arrival
    progress(arrivals.count, arrivals.count)


class Engine:
    """The state of one run."""

    def __init__(self, courses: list[Course], tally: Tally, traffic: Traffic) -> None:
        self._courses, self._tally, self._jitter = courses, tally, traffic.jitter
        self._source = random.Random(traffic.seed + 2)  # noqa: S311 - a simulation, repeatable on purpose
        # (instant, number, what happens, to what); the number keeps equal instants in order.
        self._events: list[tuple[int, int, Callable[[int, Any], None], Any]] = []
        self._number = 0
        self._seed = traffic.seed

    def run(self, stream: Iterator[tuple[int, int, int]]) -> None:
        """Let all jobs arrive, and everything come to its end."""
        events, courses, tenants = self._events, self._courses, self._tally.arrivals.tenants
        for number, (at, tenant, index) in enumerate(stream):
            while events and events[0][0] <= at:
                now, _, happen, what = heappop(events)
                happen(now, what)
            course = courses[index]
            legs = course.draw(f"{self._seed} {number}", tenants[tenant]) if course.draw else course.legs
            self._arrive(at, Job(at, tenant, course, legs))
        while events:
            now, _, happen, what = heappop(events)
            happen(now, what)

    def _arrive(self, now: int, job: Job) -> None:
        course = job.course
        self._tally.arrive(now)
        if course.overflow == "shed":
            wait = job.legs[0].pool.wait_us(now)
            if wait > course.max_wait_us:
                self._shed(now, job, wait - course.max_wait_us)
                return
        self._place(now, job)

    def _shed(self, now: int, job: Job, after_us: int) -> None:
        """Send the caller away with whole seconds, as the header ``Retry-After`` has them."""
        self._tally.shed += 1
        if self._tally.refusals is not None:
            after_s = max(1, ceil(after_us / SECOND))
            self._tally.refusals.append(Refusal(now / SECOND, job.tenant, after_s))

    def _place(self, now: int, job: Job) -> None:
        """Start the job at the first target that it may go to now, or let it wait for one."""
        course, best, least = job.course, -1, 0
        for index, leg in enumerate(job.legs):
            if job.tried >> index & 1:
                continue
            wait = leg.pool.wait_us(now)
            if not wait:
                self._start(now, job, index)
                return
            if best < 0 or wait < least:
                best, least = index, wait
            if course.overflow != "divert" or wait <= course.max_wait_us:
                best = index
                break
        if best < 0:
            self._tally.failed += 1
        else:
            self._queue(now, job, best)

    def _queue(self, now: int, job: Job, index: int) -> None:
        pool = job.legs[index].pool
        self._number += 1
        entry = pool.enter(now, self._number, job.tenant, (job, index))
        self._foresee(job.deadline, self._expire, (pool, entry))
        if not pool.waking:
            pool.waking = True
            self._foresee(pool.opens_at(now), self._wake, pool)

    def _wake(self, now: int, pool: Pool) -> None:
        """Let go whose turn it is, for as long as the pool can start calls now."""
        while (entry := pool.next_entry()) is not None:
            opens_at = pool.opens_at(now)
            if opens_at > now:
                self._foresee(opens_at, self._wake, pool)
                return
            if entry[PAYLOAD][0].deadline <= now:
                self._expire(now, (pool, entry))
            else:
                job, index = pool.leave(now, entry, starts=True)
                self._start(now, job, index)
        pool.waking = False

    def _expire(self, now: int, waiting: tuple[Pool, Entry]) -> None:
        """End a job whose deadline passes while it waits; nothing if it has started."""
        pool, entry = waiting
        if entry[PAYLOAD] is not None:
            pool.leave(now, entry, starts=False)
            self._tally.expired += 1

    def _start(self, now: int, job: Job, index: int) -> None:
        leg = job.legs[index]
        pool = leg.pool
        pool.take(now)
        job.attempts += 1
        fails = bool(pool.down) and pool.is_down(now)
        if self._tally.starts is not None:
            waited = (now - job.arrived) / SECOND
            self._tally.starts.append(Start(now / SECOND, pool.name, job.tenant, waited, not fails))
        if fails:
            job.tried |= 1 << index
            end = now + SUBMIT_US
            self._foresee(end, self._fail, job)
        else:
            service = leg.service_us
            if self._jitter:
                service = max(1, round(service * (1 + self._jitter * (2 * self._source.random() - 1))))
            end = min(now + service, job.deadline)
            if now + service > job.deadline:
                self._tally.expired += 1
            else:
                leg.served += 1
                self._tally.succeed(job.tenant, now - job.arrived, job.attempts, end)
        pool.hold(end)

    def _fail(self, now: int, job: Job) -> None:
        """Go on with the chain after a failed attempt, as the gateway does: not past the deadline."""
        if now >= job.deadline:
            self._tally.expired += 1
        elif job.course.moves_on:
            self._place(now, job)
        else:
            self._tally.failed += 1

    def _foresee(self, at: int, happen: Callable[[int, Any], None], what: Any) -> None:
        self._number += 1
        heappush(self._events, (at, self._number, happen, what))

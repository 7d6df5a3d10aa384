"""The event loop: arrivals in order of time, between them what was foreseen: pumps, failures, later tries.

A job goes the way that ``flow.chain`` and ``flow.turn`` send it.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from math import ceil, inf
from typing import Any

from gateway.domain import routing
from gateway.domain.job import Job as GatewayJob
from gateway.domain.pacing import Slot
from gateway.plan import Plan
from sluice.sample import first_model
from sluice.simulate.arrivals import MINUTE, SECOND, Arrivals, Traffic, arrivals_of
from sluice.simulate.circuits import Circuits
from sluice.simulate.course import Course, Leg, Pools, course_of
from sluice.simulate.front import Front
from sluice.simulate.job import Job
from sluice.simulate.pool import NEAR_US, NO_PLACE, Pool
from sluice.simulate.result import Refusal, Result, Start, Tally, result_of
from sluice.simulate.turn import take_turn

# How long a provider that is down, or refuses, takes to say so.
SUBMIT_US = SECOND // 5
# Runs up to this long are drawn in steps of ten seconds, longer ones in minutes.
_SHORT_US = 180 * MINUTE
_TELL_EVERY = 20_000


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
    front = Front(plan, traffic.tier) if traffic.tier else None
    pools = Pools(plan, traffic, bin_us)
    courses = [course_of(plan, name, traffic, pools) for name in arrivals.models]
    tally = Tally(arrivals, bin_us, record)
    Engine(courses, tally, traffic, front).run(_told(arrivals, progress) if progress else arrivals.stream)
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

    def __init__(
        self, courses: list[Course], tally: Tally, traffic: Traffic, front: Front | None = None
    ) -> None:
        self._courses, self._tally, self._front = courses, tally, front
        self._jitter, self._seed = traffic.jitter, traffic.seed
        self._source = random.Random(traffic.seed + 2)  # noqa: S311 - a simulation, repeatable on purpose
        # (instant, number, what happens, to what); the number keeps equal instants in order.
        self._events: list[tuple[int, int, Callable[[int, Any], None], Any]] = []
        self._number = 0
        self._circuits = Circuits()

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
        self._tally.arrive(now)
        if self._front is not None and (refusal := self._front.refusal(now, job.tenant)):
            self._refuse(now, job, *refusal)
        elif job.course.job.overflow != "shed" or not self._shed(now, job):
            self._place(now, job)

    def _shed(self, now: int, job: Job) -> bool:
        """Start a job of an impatient route at its first working target, or send it away.

        Returns:
            False where it may wait a little.
        """
        course = job.course
        states = (self._circuits.state(leg.circuit, now) for leg in job.legs)
        index = next((index for index, state in enumerate(states) if state != "open"), 0)
        leg = job.legs[index]
        found = leg.pool.take(now, course.near_us, leg.pace)
        if isinstance(found, Slot):
            self._start(now, job, index, int(found.at))
            return True
        away = found.retry_after_s + course.near_us - course.max_wait_us
        if away <= 0:
            return False
        self._refuse(now, job, "pool_full", leg.usual_s if found is NO_PLACE else away / SECOND)
        self._leave(now, job)
        return True

    def _refuse(self, now: int, job: Job, reason: str, after_s: float) -> None:
        """Send the caller away with whole seconds, as the header ``Retry-After`` has them."""
        self._tally.refused[reason] += 1
        if self._tally.refusals is not None:
            refusal = Refusal(now / SECOND, job.tenant, reason, max(1, ceil(after_s)))
            self._tally.refusals.append(refusal)

    def _place(self, now: int, job: Job) -> None:
        """Start the job at the next target with room, or let it wait for one, as ``chain.advance`` does."""
        course = job.course
        diverts = course.job.overflow == "divert"
        near = course.near_us if diverts else NEAR_US
        best, least, shut = -1, inf, -1
        for index in self._hops(now, job.trace) if job.trace else range(len(job.legs)):
            leg = job.legs[index]
            if not self._circuits.admits(leg.circuit, now):
                shut = index if shut < 0 else shut
                continue
            found = leg.pool.take(now, near, leg.pace)
            if isinstance(found, Slot):
                self._start(now, job, index, int(found.at))
                return
            wait = found.retry_after_s + near
            if best < 0 or wait < least:
                best, least = index, wait
            if not diverts or wait <= course.max_wait_us:
                best = index
                break
        if best >= 0:
            self._queue(now, job, best)
        elif shut >= 0:
            self._try_anyway(now, job, shut, near)
        else:
            self._end(now, job)

    def _hops(self, now: int, job: GatewayJob) -> Iterable[int]:
        """Ask the gateway where a job may go that has failed somewhere."""
        passed: list[int] = []
        while (hop := routing.next_hop(job, passed, now / SECOND)) is not None:
            passed.append(hop)
            yield hop

    def _try_anyway(self, now: int, job: Job, index: int, near: int) -> None:
        leg = job.legs[index]
        found = leg.pool.take(now, near, leg.pace)
        if isinstance(found, Slot):
            self._start(now, job, index, int(found.at))
        else:
            self._queue(now, job, index)

    def _queue(self, now: int, job: Job, index: int) -> None:
        leg = job.legs[index]
        first = leg.pool.queue[0][-1][0] if leg.pool.queue else None
        self._number += 1
        leg.pool.enter(now, job.tenant, job.arrived, self._number, (job, index))
        # Where a job just like this one waits for a place, the pump would find what this one has found.
        crowded = now < leg.pool.crowded_until and leg.circuit not in self._circuits
        if not (crowded and first and first.is_like(job)):
            self._pump(now, leg.pool)

    def _pump(self, now: int, pool: Pool) -> None:
        """Give the near slots to those whose turn it is, as ``flow.pump`` does; pass over who is too late."""
        sent_on: defaultdict[Pool, int] = defaultdict(int)
        while pool.queue and now > pool.deaf_until:
            _, _, _, (job, index) = pool.queue[0]
            if job.deadline <= now:
                pool.leave(now)
                self._end(now, job)
                continue
            found = take_turn(now, job, index, self._circuits, sent_on)
            if found is None:
                pool.leave(now)
                self._foresee(now, self._place, job)
            elif isinstance(found, Slot):
                at = int(found.at)
                pool.leave(now, at)
                self._start(now, job, index, at)
            else:
                if (again_at := pool.rest(now, found)) is not None:
                    self._foresee(again_at, self._pump, pool)
                return

    def _start(self, now: int, job: Job, index: int, at: int) -> None:
        """Let a call start at an instant that may be a little ahead, and foresee how it ends."""
        leg = job.legs[index]
        pool = leg.pool
        error, end = "", at + SUBMIT_US
        if pool.count(at):
            error = "capacity"
        elif pool.down and pool.is_down(at):
            error = "transient"
        if self._tally.starts is not None:
            waited = (at - job.arrived) / SECOND
            self._tally.starts.append(Start(at / SECOND, pool.name, job.tenant, waited, not error))
        if not error:
            took = (
                leg.took(1 + self._jitter * (2 * self._source.random() - 1)) if self._jitter else leg.took_us
            )
            end = at + (leg.seen(took) if self._jitter else leg.seen_us)
            if end > job.deadline and not leg.at_once:
                end = at + leg.seen(took, job.deadline - at)
                error = "timeout" if end < at + took else ""
        pool.hold(end)
        if error:
            self._foresee(end, self._fail, (job, index, error))
        else:
            self._succeed(now, job, leg, at, end)

    def _succeed(self, now: int, job: Job, leg: Leg, at: int, end: int) -> None:
        leg.served += 1
        self._tally.succeed(job.tenant, at - job.arrived, 1 + job.tries, end)
        self._circuits.succeeds(leg.circuit, end, now)
        self._leave(end, job)

    def _fail(self, now: int, what: tuple[Job, int, str]) -> None:
        """Tell circuit and pool of a failed call as ``flow.outcome`` does, and go on with the chain."""
        job, index, error = what
        leg = job.legs[index]
        self._circuits.failed(leg.circuit, error, now)
        if error == "timeout":
            self._end(now, job)
            return
        trace = job.fail(index, error)
        if error == "capacity":
            leg.pool.refused(now, leg.pace, routing.pause_after_refusal_s(trace, index))
        if routing.moves_on(trace, error):
            self._place(now, job)
        else:
            self._end(now, job)

    def _end(self, now: int, job: Job) -> None:
        """End a job without a result: too late, or with no target left."""
        if now >= job.deadline:
            self._tally.expired += 1
        else:
            self._tally.failed += 1
        self._leave(now, job)

    def _leave(self, at: int, job: Job) -> None:
        if self._front is not None:
            self._front.end(at, job.tenant)

    def _foresee(self, at: int, happen: Callable[[int, Any], None], what: Any) -> None:
        self._number += 1
        heappush(self._events, (at, self._number, happen, what))

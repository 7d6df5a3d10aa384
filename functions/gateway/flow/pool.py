"""A pool's slots and places: take both or neither, give places back, and wake the queue when one is free.

A *slot* is permission to start at an instant; a *place* is one of the calls that may run at once.
"""

import math

from gateway.domain import pacing
from gateway.domain.job import Attempt, Hop, Job
from gateway.domain.pacing import Full, Slot
from gateway.flow.ports import Ports

# How far ahead slots are given out: late, to stay fair and hold no place idle; early enough to lose none.
NEAR_S = 2
# A place that nobody gave back is free this long after its job's deadline.
LEASE_S = 60


def name_of(job: Job, provider: str, region: str) -> str:
    """Name a pool: provider, credential (ours, or the caller's own by key id) and region."""
    credential = job.key_id if provider in job.byok else "ours"
    return f"{provider}#{credential}#{region}"


def provider_of(pool: str) -> str:
    """Return whose pool it is."""
    return pool.partition("#")[0]


def take(ports: Ports, job: Job, hop: Hop, near_s: float, *, from_queue: bool = False) -> Slot | Full:
    """Take a slot inside ``near_s`` and a place for the job's next attempt, or neither.

    Returns:
        When full: how long until a slot comes that near; for ever, where a place must be given back first.
    """
    limits = ports.plan.providers[hop.provider].limits
    name, holder = name_of(job, hop.provider, hop.region), _holder(job, len(job.attempts) + 1)
    if limits.concurrent and not _place(ports, name, holder, limits.concurrent, job.deadline_at):
        return Full(math.inf)
    pace = pacing.pace_of(limits)
    if pace is None:
        return Slot(ports.now())
    slot = ports.pacers.reserve(name, pace, ports.now(), near_s, from_queue=from_queue)
    if isinstance(slot, Full) and limits.concurrent and ports.leases.give_back(name, holder):
        ports.bell.ring(name)
    return slot


def release(ports: Ports, job: Job, attempt: Attempt) -> None:
    """Give an attempt's place back as soon as its provider is done with it."""
    if ports.plan.providers[attempt.provider].limits.concurrent:
        pool = name_of(job, attempt.provider, attempt.region)
        if ports.leases.give_back(pool, _holder(job, attempt.n)):
            ports.bell.ring(pool)


def turn_of(ports: Ports, job: Job) -> tuple[int, float | None] | None:
    """Tell a waiting job's position in the queue as it is now, and about when it may start."""
    if not job.place:
        return None
    pace = pacing.pace_of(ports.plan.providers[provider_of(job.pool)].limits)
    ahead = ports.queue.ahead(job.pool, job.place)
    return ahead + 1, ports.now() + NEAR_S + ahead * pace.interval_s if pace else None


def _place(ports: Ports, name: str, holder: str, most: int, deadline_at: float) -> bool:
    """Take a place, or ask for the next one; asking comes before a second look, so that none goes unseen."""
    until = deadline_at + LEASE_S
    if ports.leases.take(name, holder, most, until, ports.now()):
        return True
    ports.leases.want(name)
    return ports.leases.take(name, holder, most, until, ports.now())


def _holder(job: Job, n: int) -> str:
    return f"{job.id}-{n}"

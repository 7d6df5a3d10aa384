"""Move a job along its chain: take the next target's slot, wait in its queue, or find no target left."""

from dataclasses import dataclass, replace

from gateway.domain import routing
from gateway.domain.circuit import target_of
from gateway.domain.job import Attempt, Job, Skip, with_attempt
from gateway.domain.pacing import Slot
from gateway.errors import Conflict
from gateway.flow import pool
from gateway.flow.ports import Ports

OVER = ("failed", "unknown")


@dataclass(frozen=True, slots=True)
class Go:
    """An attempt is reserved on the job; it may start at its slot."""

    job: Job
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Wait:
    """The pool of this hop is full, and the job shall wait in its queue."""

    job: Job
    hop: int


@dataclass(frozen=True, slots=True)
class End:
    """No target is left, or no time, or nobody wants the result any more."""

    job: Job


def advance(ports: Ports, job: Job, *, again: bool = False) -> Go | Wait | End:
    """Take the next untried target of the chain; an attempt that is not over is gone on with.

    A target whose circuit is open is passed over while another is left, and tried when none is.
    With ``overflow: divert`` a target whose slot is too far away is passed over while another has room; where
    none has, the job waits for the one whose turn comes first.

    Args:
        again: somebody was at this before and stopped, perhaps with a place that is in no trace.
    """
    if again:
        pool.let_go(ports, job)
    if job.ended:
        return End(job)
    if under_way(job):
        return Go(job, job.attempt)
    if job.cancel_at is not None:
        return End(job)
    return _next(ports, job)


def _next(ports: Ports, job: Job) -> Go | Wait | End:
    diverts = job.overflow == "divert"
    near_s = min(pool.NEAR_S, job.max_wait_s) if diverts else pool.NEAR_S
    busy: dict[int, float] = {}
    shut: list[int] = []
    gone = [index for index in range(len(job.chain)) if not offered(ports, job, index)]
    while (hop := routing.next_hop(job, (*busy, *shut, *gone), ports.now())) is not None:
        state = ports.circuits.ask(target(job, hop), ports.now())
        if state == "open":
            shut.append(hop)
            continue
        found = pool.take(ports, job, job.chain[hop], near_s)
        if isinstance(found, Slot):
            return reserved(ports, _passed(job, shut), hop, found, state)
        busy[hop] = found.retry_after_s + near_s
        if not diverts or busy[hop] <= job.max_wait_s:
            return Wait(job, hop)
    if busy:
        return Wait(job, min(busy, key=lambda index: busy[index]))
    return _try_anyway(ports, job, shut[0], near_s) if shut else End(job)


def under_way(job: Job) -> bool:
    """Tell whether the latest attempt is reserved or further, and not over."""
    return bool(job.attempts) and job.attempt.status not in OVER


def offered(ports: Ports, job: Job, hop: int) -> bool:
    """Tell whether the plan still has a target; a deployment may have taken it away since the job came."""
    return f"{job.chain[hop].provider}/{job.chain[hop].model}" in ports.plan.models


def _try_anyway(ports: Ports, job: Job, hop: int, near_s: float) -> Go | Wait:
    found = pool.take(ports, job, job.chain[hop], near_s)
    return reserved(ports, job, hop, found, "open") if isinstance(found, Slot) else Wait(job, hop)


def target(job: Job, hop: int) -> str:
    """Name a hop's target as its circuit is named."""
    at = job.chain[hop]
    return target_of(at.provider, at.model, at.region)


def _passed(job: Job, shut: list[int]) -> Job:
    """Keep in the trace which targets were passed over."""
    reason = "failed again and again, and is left alone for now"
    skips = dict.fromkeys(Skip(job.chain[hop].provider, job.chain[hop].model, reason) for hop in shut)
    return replace(job, skipped=(*job.skipped, *skips))


def enter_queue(ports: Ports, job: Job, hop: int, token: str) -> Job:
    """Put a job into the queue of a hop's pool, and see to it that the queue is served.

    Raises:
        Conflict: it was canceled in between; the workflow that waits here is to be sent on.
    """
    if job.ended:
        raise Conflict(job.id)
    at = job.chain[hop]
    name = pool.name_of(ports, job, at)
    place = ports.queue.enter(name, job.tenant, job.id, hop, token, batch=job.batch)
    try:
        waiting = ports.jobs.save(replace(job, pool=name, place=place))
    except Conflict:
        ports.queue.leave(name, place, served=False)
        raise
    ports.bell.ring(name)
    return waiting


def reserved(ports: Ports, job: Job, index: int, slot: Slot, circuit: str = "closed") -> Go:
    """Write a new attempt with its slot onto the job."""
    hop = job.chain[index]
    attempt = Attempt(
        n=len(job.attempts) + 1,
        hop=index,
        provider=hop.provider,
        model=hop.model,
        region=hop.region,
        slot_at=slot.at,
        reserved_at=ports.now(),
        circuit=circuit,
    )
    try:
        return Go(ports.jobs.save(replace(with_attempt(job, attempt), pool="", place="")), attempt)
    except Conflict:
        fresh = ports.jobs.get(job.tenant, job.id)
        if fresh is None or fresh.ended:
            pool.release(ports, job, attempt)
        raise

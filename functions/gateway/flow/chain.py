"""Move a job along its chain: pick the next target and reserve its slot, or find the chain at its end."""

from dataclasses import dataclass

from gateway.domain import pacing, routing
from gateway.domain.job import Attempt, Hop, Job, with_attempt
from gateway.domain.pacing import Full, Slot
from gateway.flow.ports import Ports

OVER = ("failed", "unknown")


@dataclass(frozen=True, slots=True)
class Go:
    """An attempt is reserved on the job; it may start at ``at``."""

    job: Job
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class End:
    """No target is left."""

    job: Job


def advance(ports: Ports, job: Job) -> Go | End:
    """Reserve a slot at the next untried target of the chain; an attempt that is not over is gone on with.

    With ``overflow: divert`` a target whose slot is too far away is passed over while another is left; with
    nothing else left the job waits for the one whose slot comes first, up to its own deadline.
    """
    if job.attempts and job.attempt.status not in OVER:
        return Go(job, job.attempt)
    now = ports.now()
    busy: dict[int, float] = {}
    while (hop := routing.next_hop(job, busy, now)) is not None:
        horizon = job.max_wait_s if job.overflow == "divert" else job.deadline_at - now
        slot = reserve(ports, job, job.chain[hop], horizon)
        if isinstance(slot, Slot):
            return _reserved(ports, job, hop, slot, now)
        busy[hop] = slot.retry_after_s
    for hop in sorted(busy, key=lambda index: busy[index]):
        slot = reserve(ports, job, job.chain[hop], job.deadline_at - now)
        if isinstance(slot, Slot):
            return _reserved(ports, job, hop, slot, now)
    return End(job)


def reserve(ports: Ports, job: Job, hop: Hop, horizon_s: float) -> Slot | Full:
    """Reserve a slot in the pool that a hop's call belongs to."""
    pace = pacing.pace_of(ports.plan.providers[hop.provider].limits)
    if pace is None:
        return Slot(ports.now())
    return ports.pacers.reserve(pool_of(job, hop.provider, hop.region), pace, ports.now(), horizon_s)


def pool_of(job: Job, provider: str, region: str) -> str:
    """Name a pool: provider, credential (ours, or the caller's own by key id) and region."""
    credential = job.key_id if provider in job.byok else "ours"
    return f"{provider}#{credential}#{region}"


def _reserved(ports: Ports, job: Job, index: int, slot: Slot, now: float) -> Go:
    hop = job.chain[index]
    attempt = Attempt(
        n=len(job.attempts) + 1,
        hop=index,
        provider=hop.provider,
        model=hop.model,
        region=hop.region,
        slot_at=slot.at,
        reserved_at=now,
    )
    saved = ports.jobs.save(with_attempt(job, attempt))
    return Go(saved, attempt)

"""A pool's slots and places: take both or neither, give places back, and wake the queue when one is free.

A *slot* is permission to start at an instant; a *place* is one of the calls that may run at once.
"""

import math

from gateway.domain import adapt, media, pacing, pricing, routing
from gateway.domain.job import Attempt, Hop, Job
from gateway.domain.pacing import Full, Pace, Slot
from gateway.flow.ports import Ports
from gateway.plan import Limits

# How far ahead slots are given out: late, to stay fair and hold no place idle; early enough to lose none.
NEAR_S = 2
# A place that nobody gave back is free this long after its job's deadline.
LEASE_S = 60
# A pool without a rate has a clock all the same: so its queue is kept, and a provider's refusal stops it.
UNLIMITED = Pace(interval_s=0.01, tolerance_s=10)


def name_of(ports: Ports, job: Job, at: Hop | Attempt) -> str:
    """Name a pool: provider, credential (ours, or a caller's by key id), region; a model with own limits."""
    credential = job.key_id if at.provider in job.byok else "ours"
    name = f"{at.provider}#{credential}#{at.region}"
    model = ports.plan.models.get(f"{at.provider}/{at.model}")
    return f"{name}#{at.model}" if model and model.limits else name


def limits_of(ports: Ports, pool: str) -> Limits:
    """Return the limits that a pool's name stands for; none for a pool that the plan knows no more."""
    name, _, _, *model_id = pool.split("#", 3)
    model = ports.plan.models.get(f"{name}/{model_id[0]}") if model_id else None
    provider = ports.plan.providers.get(name)
    return (model and model.limits) or (provider.limits if provider else Limits())


def take(ports: Ports, job: Job, hop: Hop, near_s: float, *, from_queue: bool = False) -> Slot | Full:
    """Take a slot inside ``near_s`` and a place for the job's next attempt, or neither.

    Returns:
        When full: how long until a slot comes that near; for ever, where a place must be given back first.
    """
    name, holder = name_of(ports, job, hop), _holder(job, len(job.attempts) + 1)
    most = limits_of(ports, name).concurrent
    if most and not _place(ports, name, holder, most, job.deadline_at):
        return Full(math.inf)
    pace = pace_of(ports, job, hop)
    slot = ports.pacers.reserve(name, pace, ports.now(), near_s, from_queue=from_queue)
    if isinstance(slot, Full) and most and ports.leases.give_back(name, holder):
        ports.bell.ring(name)
    return slot


def release(ports: Ports, job: Job, attempt: Attempt) -> None:
    """Give an attempt's place back as soon as its provider is done with it."""
    name = name_of(ports, job, attempt)
    if limits_of(ports, name).concurrent and ports.leases.give_back(name, _holder(job, attempt.n)):
        ports.bell.ring(name)


def let_go(ports: Ports, job: Job) -> None:
    """Give back the place of an attempt that was never written, because whoever took it died before that."""
    for name in dict.fromkeys(name_of(ports, job, hop) for hop in job.chain):
        if limits_of(ports, name).concurrent and ports.leases.give_back(
            name, _holder(job, len(job.attempts) + 1)
        ):
            ports.bell.ring(name)


def turn_of(ports: Ports, job: Job) -> tuple[int, float | None] | None:
    """Tell a waiting job's position in the queue as it is now, and about when it may start if a rate says."""
    if not job.place:
        return None
    ahead = ports.queue.ahead(job.pool, job.place)
    pace = pacing.pace_of(limits_of(ports, job.pool))
    if pace is None:
        return ahead + 1, None
    now = ports.now()
    return ahead + 1, now + adapt.starts_in_s(ports.pacers.look(job.pool), pace, now, ahead)


def pace_of(ports: Ports, job: Job, at: Hop | Attempt) -> Pace:
    """Return the pace of a hop's pool for this job: what takes many images or tokens takes more of it."""
    limits = ports.plan.limits_of(at.provider, at.model)
    if not (limits.ipm or limits.tpm):
        return pacing.pace_of(limits) or UNLIMITED
    hop = next(each for each in job.chain if (each.provider, each.model) == (at.provider, at.model))
    model = ports.plan.models[f"{at.provider}/{at.model}"]
    units = pricing.expected_units(model, routing.arguments_of(ports.plan, job, hop).arguments)
    images = units["output_image"] if media.MODALITIES[job.operation] == "image" else 0
    tokens = sum(count for meter, count in units.items() if meter.endswith("_token"))
    return pacing.pace_of(limits, images, tokens) or UNLIMITED


def _place(ports: Ports, name: str, holder: str, most: int, deadline_at: float) -> bool:
    """Take a place, or ask for the next one; asking comes before a second look, so that none goes unseen."""
    until = deadline_at + LEASE_S
    if ports.leases.take(name, holder, most, until, ports.now()):
        return True
    ports.leases.want(name)
    return ports.leases.take(name, holder, most, until, ports.now())


def _holder(job: Job, n: int) -> str:
    return f"{job.id}-{n}"

"""A waiting job's turn: it gets its slot, stays, or is sent on to a target that would start it sooner."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.domain import adapt, routing
from gateway.domain.job import Job
from gateway.domain.pacing import Full, Slot
from gateway.flow import chain, pool
from gateway.flow.chain import End, Go
from gateway.flow.ports import Ports


@dataclass(frozen=True, slots=True)
class Again:
    """The job left the queue and shall look along its chain again."""

    job: Job


def take_turn(ports: Ports, job: Job, hop: int, sent_on: Counter[str]) -> Go | Again | End | Full:
    """Give a job that waits for a hop its slot, if the pool has one near.

    It is sent on where the hop's circuit has opened while another target's is closed; and with ``overflow:
    divert`` where another target would start it sooner, by more than the wait that it bears anyway.

    Args:
        sent_on: pool -> how many jobs were sent on to it a moment ago; one more is counted here.
    """
    if chain.under_way(job):
        return Go(job, job.attempt)  # a pump died after it had written this
    if not routing.may_try(job, hop):
        return Again(job)  # an entry that a dead step left here; the job is elsewhere by now
    if ports.now() >= job.deadline_at:
        return End(_gone(ports, job))
    if not chain.offered(ports, job, hop):
        return Again(_gone(ports, job))
    state = ports.circuits.ask(chain.target(job, hop), ports.now())
    if state == "open" and _others(ports, job, hop):
        return Again(_gone(ports, job))
    found = pool.take(ports, job, job.chain[hop], pool.NEAR_S, from_queue=True)
    if isinstance(found, Slot):
        return chain.reserved(ports, job, hop, found, state)
    if job.overflow == "divert" and _sooner(ports, job, hop, found, sent_on):
        return Again(_gone(ports, job))
    return found


def _others(ports: Ports, job: Job, hop: int) -> list[int]:
    """Return the targets that the job may still go to, and that work."""
    left = {index: chain.target(job, index) for index in routing.untried(job, hop)}
    states = ports.circuits.states(left.values(), ports.now()) if left else {}
    return [index for index, name in left.items() if states[name][0] == "closed"]


def _sooner(ports: Ports, job: Job, hop: int, full: Full, sent_on: Counter[str]) -> bool:
    at = job.chain[hop]
    # When a place is given back nobody knows; but a call of this model usually ends by then.
    usual_s = ports.plan.models[f"{at.provider}/{at.model}"].usual_s
    here_s = usual_s if full.retry_after_s == math.inf else full.retry_after_s
    waits = dict(_elsewhere(ports, job, hop, sent_on))
    best = min(waits, key=lambda name: waits[name], default="")
    if not best or waits[best] + job.max_wait_s >= here_s:
        return False
    sent_on[best] += 1
    return True


def _elsewhere(ports: Ports, job: Job, hop: int, sent_on: Counter[str]) -> Iterator[tuple[str, float]]:
    """Estimate for each other target's pool how long the job would wait there, if it has places at all."""
    for index in _others(ports, job, hop):
        name = pool.name_of(ports, job, job.chain[index])
        most = pool.limits_of(ports, name).concurrent
        if most and ports.leases.room(name, most, ports.now()) <= sent_on[name]:
            continue
        pace = pool.pace_of(ports, job, job.chain[index])
        backlog = ports.pacers.look(name)
        ahead = backlog.waiting + sent_on[name]
        yield name, adapt.starts_in_s(backlog, pace, ports.now(), ahead)


def _gone(ports: Ports, job: Job) -> Job:
    pool.let_go(ports, job)
    return ports.jobs.save(replace(job, pool="", place=""))

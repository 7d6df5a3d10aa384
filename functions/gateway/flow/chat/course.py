"""Go along the chain until a target answers, or begins to. Each attempt is stored before its call."""

import math
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.domain import deadline, routing
from gateway.domain import job as jobs
from gateway.domain.job import Attempt, Job, with_attempt
from gateway.domain.outcome import Failure
from gateway.domain.pacing import Full, Slot
from gateway.domain.repeat import Repeat
from gateway.errors import Conflict, RateLimited
from gateway.flow import chain, front, pool
from gateway.flow.chat import listen
from gateway.flow.chat.listen import Talk
from gateway.flow.outcome import fail
from gateway.flow.ports import Ports
from gateway.flow.settle import settle

# How long until a place that only the end of another call frees is looked for again.
LOOK_S = 0.25
# A call is not begun with less time than this left.
LEAST_CALL_S = 3


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the chain led: to an answer or its beginning, or with neither to the job's end."""

    job: Job
    answer: dict[str, Any] | None = None
    talk: Talk | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    hop: int
    slot: Slot
    circuit: str


def go(ports: Ports, job: Job, until: float, *, streamed: bool, repeat: Repeat | None = None) -> Reached:
    """Try target after target.

    Args:
        job: not stored yet.
        until: when the answer must have been given.
        repeat: what tells this call from others, where the caller named it.

    Raises:
        RateLimited: no target has room, and none was tried.
        Conflict: the same call came twice, and the other one was quicker.
    """
    while True:
        turn = _turn(ports, job, until)
        if turn is None:
            return Reached(_end(ports, job, repeat))
        job = _begun(ports, job, turn, repeat)
        limit_s = _limit_s(ports, job, until)
        found = listen.talk(ports, job, limit_s, until) if streamed else listen.ask(ports, job, limit_s)
        if isinstance(found, Talk):
            return Reached(job, talk=found)
        if not isinstance(found, Failure):
            return Reached(job, answer=found)
        outcome = fail(ports, job, job.attempt, found)
        job = outcome.job
        if outcome.word != "next":
            return Reached(settle(ports, job))


def _turn(ports: Ports, job: Job, until: float) -> _Turn | None:
    """Take the next target's slot, and wait for it as long as the route lets a job wait.

    A target whose circuit is open is passed over while another is left, one without room where the route
    diverts. There is no queue to wait in: who waits here, waits in turn with the queue's end.
    """
    shut: list[int] = []
    busy: dict[int, Full] = {}
    while (hop := routing.next_hop(job, (*shut, *busy), ports.now())) is not None and _time(ports, until):
        state = ports.circuits.ask(chain.target(job, hop), ports.now())
        if state == "open":
            shut.append(hop)
            continue
        slot = _slot(ports, job, hop, until)
        if isinstance(slot, Slot):
            return _Turn(hop, slot, state)
        busy[hop] = slot
        if job.overflow != "divert":
            break
    return _last(ports, job, until, shut, busy)


def _last(ports: Ports, job: Job, until: float, shut: list[int], busy: dict[int, Full]) -> _Turn | None:
    """Try a target whose circuit is open where no other is left; if none has room, send the caller away."""
    if shut and not busy and _time(ports, until):
        slot = _slot(ports, job, shut[0], until)
        if isinstance(slot, Slot):
            return _Turn(shut[0], slot, "open")
        busy[shut[0]] = slot
    if busy and not job.attempts:
        _send_away(ports, job, list(busy.values()))
    return None


def _time(ports: Ports, until: float) -> bool:
    return ports.now() + LEAST_CALL_S <= until


def _slot(ports: Ports, job: Job, hop: int, until: float) -> Slot | Full:
    """Take a slot, and sleep until it has come."""
    most = min(ports.now() + job.max_wait_s, until - LEAST_CALL_S)
    while True:
        left_s = max(0.0, most - ports.now())
        found = pool.take(ports, job, job.chain[hop], min(pool.NEAR_S, left_s))
        if isinstance(found, Slot):
            ports.sleep(max(0.0, found.at - ports.now()))
            return found
        pause_s = LOOK_S if found.retry_after_s == math.inf else max(found.retry_after_s, 0.01)
        if pause_s > left_s:
            return found
        ports.sleep(pause_s)


def _send_away(ports: Ports, job: Job, found: list[Full]) -> NoReturn:
    """Tell the caller when there is room again."""
    front.give_place_back(ports, job)
    away_s = min(full.retry_after_s for full in found)
    after_s = math.ceil(job.max_wait_s if away_s == math.inf else max(1, away_s))
    raise RateLimited(
        f"{job.model!r} has no free slot within {job.max_wait_s:g} s; try again in {after_s} s.",
        code="pool_full",
        retryable=True,
        headers={"retry-after": str(after_s)},
    )


def _begun(ports: Ports, job: Job, turn: _Turn, repeat: Repeat | None) -> Job:
    """Write the attempt down as starting; the first one together with the job, in one write."""
    now, hop = ports.now(), job.chain[turn.hop]
    attempt = Attempt(
        n=len(job.attempts) + 1,
        hop=turn.hop,
        provider=hop.provider,
        model=hop.model,
        region=hop.region,
        slot_at=turn.slot.at,
        reserved_at=now,
        status="starting",
        started_at=now,
        circuit=turn.circuit,
    )
    begun = with_attempt(jobs.moved(job, "start", now), attempt)
    if job.attempts:
        return ports.jobs.save(begun)
    _create(ports, begun, repeat)
    return begun


def _create(ports: Ports, job: Job, repeat: Repeat | None) -> None:
    try:
        ports.repeats.create(job, repeat) if repeat else ports.jobs.create(job)
    except Conflict:
        front.give_place_back(ports, job)
        if job.attempts:
            pool.release(ports, job, job.attempt)
        raise


def _end(ports: Ports, job: Job, repeat: Repeat | None) -> Job:
    """End a job that found no target left to try."""
    if not job.attempts:
        _create(ports, job, repeat)
    return settle(ports, job)


def _limit_s(ports: Ports, job: Job, until: float) -> float:
    attempt = job.attempt
    model = ports.plan.models[f"{attempt.provider}/{attempt.model}"]
    protocol = ports.plan.providers[attempt.provider].protocols[model.offers[job.operation].protocol]
    return min(deadline.submit_s(job, protocol), until - ports.now())

"""Serve a full pool's queue: whoever's turn it is gets the next slot, until the near slots are given out.

Rule: one pump at a time serves a pool. A bell that rings while one is at work may be let go, because the pump
looks once more after it has let go of the pool.
"""

import math
from collections import Counter
from typing import Any

from gateway.domain import deadline, pacing
from gateway.domain.fair import Waiting
from gateway.domain.job import Attempt, Job
from gateway.domain.pacing import Full
from gateway.errors import Conflict
from gateway.flow import chain, turn, upstream
from gateway.flow.chain import End, Go
from gateway.flow.ports import Ports
from gateway.flow.turn import Again

BATCH = 25
# Slots are given out two seconds ahead, so looking every second loses none.
PAUSE_S = 1
# A pool that must stand still is looked at all the same: other pools may have room by then.
LONGEST_PAUSE_S = 30
# A bell may be a little early, and must not find the pump still asleep.
BELL_EARLY_S = 0.5
# The least time for a message to wait in its queue, be lost with its worker, and come back.
START_S = 900


def pump(ports: Ports, name: str) -> int:
    """Serve a queue as far as there are slots, and ring again for who must wait; return how many went."""
    gone = 0
    while ports.queue.first(name, 1) and ports.queue.begin_pump(name, ports.now()):
        try:
            served, full = _serve(ports, name)
        except BaseException:
            ports.queue.end_pump(name)  # the bell comes back, and must not find the pool taken
            raise
        gone += served
        if full is None:
            ports.queue.end_pump(name)
        else:
            _rest(ports, name, full)
            break
    return gone


def slot_payload(ports: Ports, job: Job, attempt: Attempt) -> dict[str, Any]:
    """Write a reserved attempt as the workflow reads it: until when it is looked after, whatever breaks."""
    ends_at = job.deadline_at
    if chain.offered(ports, job, attempt.hop):
        ends_at = deadline.ends_at(job, attempt, upstream.call_of(ports, job, attempt).protocol)
    return {
        "outcome": "go",
        "attempt": attempt.n,
        "at": pacing.timestamp(attempt.slot_at),
        "provider": attempt.provider,
        "timeout_s": max(START_S, math.ceil(job.deadline_at - ports.now())),
        "until_ms": math.ceil(ends_at * 1000),
    }


def _rest(ports: Ports, name: str, full: Full) -> None:
    """Sleep until slots are near, deaf to other bells; a place that is given back rings by itself.

    That bell may have rung while we were at work, and been let go: then nobody wants a place any more, and
    it is rung again.
    """
    if full.retry_after_s == math.inf:
        ports.queue.end_pump(name)
        if not ports.leases.wanted(name):
            ports.bell.ring(name)
        return
    pause_s = min(LONGEST_PAUSE_S, max(PAUSE_S, math.ceil(full.retry_after_s)))
    ports.queue.end_pump(name, ports.now() + pause_s - BELL_EARLY_S)
    ports.bell.ring(name, pause_s)


def _serve(ports: Ports, name: str) -> tuple[int, Full | None]:
    """Let go whose turn it is; also return what stopped it, or nothing if the queue is empty."""
    served, sent_on = 0, Counter[str]()
    while waiting := ports.queue.first(name, BATCH):
        for each in waiting:
            full = _let_go(ports, name, each, sent_on)
            if full is not None:
                return served, full
            served += 1
    return served, None


def _let_go(ports: Ports, name: str, waiting: Waiting, sent_on: Counter[str]) -> Full | None:
    """Give one job its slot, or send it on, and tell its workflow; one that has ended takes no slot."""
    job = ports.jobs.get(waiting.tenant, waiting.job)
    told: dict[str, Any] = {"outcome": "end"}
    if job is not None and not job.ended:
        try:
            moved = turn.take_turn(ports, job, waiting.hop, sent_on)
        except Conflict:  # it was canceled a moment ago, or has only just come in: look again
            return _let_go(ports, name, waiting, sent_on)
        if isinstance(moved, Full):
            return moved
        told = _told(ports, moved)
    ports.tokens.succeed(waiting.token, told)
    ports.queue.leave(name, waiting.place)
    return None


def _told(ports: Ports, moved: Go | Again | End) -> dict[str, Any]:
    if isinstance(moved, Go):
        return slot_payload(ports, moved.job, moved.attempt)
    return {"outcome": "again" if isinstance(moved, Again) else "end"}

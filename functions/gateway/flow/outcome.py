"""What a worker tells the workflow, and how an attempt ends without a result."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain import circuit, routing
from gateway.domain.job import Attempt, Job, with_attempt
from gateway.domain.outcome import Failure
from gateway.errors import Conflict
from gateway.flow import pool
from gateway.flow.ports import Ports

LONGEST_PAUSE_S = 600
_QUERY = re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes next: pending (look again), done (deliver), delivered (settle), next (target), fail.

    Args:
        job: as it was last stored, so that whoever goes on need not read it again.
    """

    word: str
    job: Job
    after_s: float = 0

    def payload(self) -> dict[str, str | int]:
        """Write it as the workflow reads it; waits are whole seconds there."""
        return {"outcome": self.word, "after_s": max(1, round(self.after_s))}


def fail(ports: Ports, job: Job, attempt: Attempt, failure: Failure) -> Outcome:
    """End an attempt without a result, and say whether the chain goes on."""
    pool.release(ports, job, attempt)
    if circuit.counts(failure.error):
        ports.circuits.failed(attempt.target, ports.now())
    if failure.throttled:
        ports.pacers.slow_down(pool.name_of(ports, job, attempt), ports.now())
    if failure.error == "capacity":
        pause_s = failure.retry_after_s or routing.pause_after_refusal_s(job, attempt.hop)
        stand_still(ports, job, attempt, pause_s)
    ended = told(job, attempt, failure, ports.now())
    return after(keep(ports, with_attempt(job, ended)), ended)


def told(job: Job, attempt: Attempt, failure: Failure, now: float) -> Attempt:
    """Write on an attempt how it failed."""
    return replace(
        attempt,
        status="unknown" if failure.code == "start_unknown" else "failed",
        finished_at=now,
        error=failure.error,
        code=failure.code,
        message=_without_words(failure.message, job),
    )


def keep(ports: Ports, job: Job) -> Job:
    """Save what a provider answered, also when a cancel was asked for while it did.

    To ask for a cancel is one write that changes nothing but its mark, so nothing of it is lost here.

    Raises:
        Conflict: somebody wrote something else in between.
    """
    try:
        return ports.jobs.save(job)
    except Conflict:
        fresh = ports.jobs.get(job.tenant, job.id)
        asked = fresh is not None and fresh.cancel_at is not None and job.cancel_at is None
        if fresh is None or not asked or fresh.ended or fresh.version != job.version + 1:
            raise
        return ports.jobs.save(replace(job, version=fresh.version, cancel_at=fresh.cancel_at))


def after(job: Job, ended: Attempt) -> Outcome:
    """Say what follows a failed attempt: the next target, if its class is one that moves on."""
    return Outcome("next" if routing.moves_on(job, ended.error) else "fail", job)


def stand_still(ports: Ports, job: Job, attempt: Attempt, pause_s: float) -> None:
    """Push the pool's clock, so that no other worker runs into what this one met."""
    until = ports.now() + min(pause_s, LONGEST_PAUSE_S)
    ports.pacers.push(pool.name_of(ports, job, attempt), pool.pace_of(ports, job, attempt), until)


def _without_words(message: str, job: Job) -> str:
    """Take the caller's own words out of a provider's message, and what signs a link.

    Prompts and keys to files stay out of traces and logs.
    """
    message = _QUERY.sub(r"\1?…", message)
    for value in _texts(job.input):
        message = message.replace(value, "…").replace(value[:60], "…")
    return message


def _texts(parameters: dict[str, Any]) -> Iterator[str]:
    """Yield the caller's texts; within messages those that cannot be mistaken for a provider's own word."""
    for value in parameters.values():
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, dict | list):
            yield from _within(value)


def _within(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _within(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _within(each)
    elif isinstance(value, str) and len(value) > 3 and name not in ("role", "type"):
        yield value

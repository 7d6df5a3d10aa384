"""End a job that was answered within its call: count what was said, price it, book it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gateway.domain import job as jobs
from gateway.domain import message, pricing, routing, token
from gateway.domain.job import Job, with_attempt
from gateway.domain.outcome import Failure
from gateway.flow import front, pool
from gateway.flow.outcome import told
from gateway.flow.ports import Ports

Usage = dict[str, Any]
_ASKED = ("messages", "tools", "input")


@dataclass(slots=True)
class Count:
    """What was said so far: the provider's own counts once it tells them, and characters."""

    usage: Usage | None = None
    characters: int = 0

    def add(self, chunk: dict[str, Any]) -> None:
        """Count a chunk."""
        self.usage = token.counted(chunk.get("usage")) or self.usage
        for choice in chunk["choices"]:
            said = choice.get("delta") or {}
            self.characters += message.characters({k: v for k, v in said.items() if k != "role"})


def usage_of(job: Job, count: Count) -> Usage:
    """Return a job's counts in OpenAI's form: the provider's, or estimated ones that say so."""
    asked = message.characters([job.input.get(name) for name in _ASKED])
    return count.usage or token.estimated(asked, count.characters)


def succeed(ports: Ports, job: Job, usage: Usage) -> Job:
    """End a job whose answer was given."""
    ports.circuits.succeeded(job.attempt.target, ports.now())
    attempt = replace(job.attempt, status="succeeded", finished_at=ports.now())
    return _book(ports, jobs.moved(with_attempt(job, attempt), "succeed", ports.now()), usage)


def leave(ports: Ports, job: Job, usage: Usage) -> Job:
    """End a job whose caller left in the middle of the answer; it costs what came until then."""
    now = ports.now()
    left = replace(job.attempt, status="canceled", finished_at=now, cancel="its connection was closed")
    ended = jobs.moved(with_attempt(job, left), "cancel", now, cancel_at=now)
    return _book(ports, ended, usage)


def break_off(ports: Ports, job: Job, usage: Usage, failure: Failure) -> Job:
    """End a job whose answer broke off after its first words; it costs what came until then."""
    now = ports.now()
    if failure.error in ("capacity", "transient", "timeout"):
        ports.circuits.failed(job.attempt.target, now)
    broken = told(job, job.attempt, failure, now)
    code = f"provider_{failure.error}"
    text = f"{broken.provider}/{broken.model}: {broken.error} ({broken.code}): {broken.message}"
    ended = jobs.moved(with_attempt(job, broken), "fail", now, error_code=code, error_message=text)
    return _book(ports, ended, usage)


def _book(ports: Ports, job: Job, usage: Usage) -> Job:
    pool.release(ports, job, job.attempt)
    front.give_place_back(ports, job)
    hop = job.chain[job.attempt.hop]
    model = ports.plan.models[f"{hop.provider}/{hop.model}"]
    units = token.units_of(model, usage)
    facts = routing.arguments_of(ports.plan, job, hop).arguments
    lines = pricing.cost_lines(model, facts, units) or ()
    own_key = hop.provider in job.byok
    ended = replace(
        with_attempt(job, replace(job.attempt, usage=units)),
        lines=lines,
        priced=bool(lines) or (bool(model.prices) and not any(units.values())),
        estimated="estimated" in usage,
        own_key=own_key,
        byok={},
    )
    month = datetime.fromtimestamp(ports.now(), UTC).strftime("%Y-%m")
    return ports.ledger.settle(ended, job.attempt.n, lines, not own_key, month)

"""Ports that keep nothing of what was said: the flow works on the whole job, and stores it without words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.domain.chat import kept
from gateway.domain.job import CostLine, Job
from gateway.domain.repeat import Made, Repeat
from gateway.flow import ports as the
from gateway.flow.ports import Ports


def discreet(ports: Ports) -> Ports:
    """Return ports for which a job's words end at what is stored."""
    return replace(
        ports, jobs=_Jobs(ports.jobs), ledger=_Ledger(ports.ledger), repeats=_Repeats(ports.repeats)
    )


@dataclass(frozen=True, slots=True)
class _Jobs:
    jobs: the.Jobs

    def create(self, job: Job) -> None:
        self.jobs.create(_short(job))

    def get(self, tenant: str, job_id: str) -> Job | None:
        return self.jobs.get(tenant, job_id)

    def save(self, job: Job) -> Job:
        return replace(self.jobs.save(_short(job)), input=job.input)

    def page(self, tenant: str, count: int, after: str, *, newest_first: bool = True) -> Sequence[Job]:
        return self.jobs.page(tenant, count, after, newest_first=newest_first)

    def due(self, now: float) -> Sequence[tuple[str, str]]:
        return self.jobs.due(now)


@dataclass(frozen=True, slots=True)
class _Ledger:
    ledger: the.Ledger

    def settle(self, job: Job, attempt: int, lines: tuple[CostLine, ...], billed: bool, month: str) -> Job:
        return replace(self.ledger.settle(_short(job), attempt, lines, billed, month), input=job.input)


@dataclass(frozen=True, slots=True)
class _Repeats:
    repeats: the.Repeats

    def find(self, name: str, now: float) -> Made | None:
        return self.repeats.find(name, now)

    def create(self, job: Job, repeat: Repeat) -> None:
        self.repeats.create(_short(job), repeat)

    def note(self, call: Repeat, made: str, now: float) -> None:
        self.repeats.note(call, made, now)

    def renew(self, call: Repeat, made: str, now: float) -> None:
        self.repeats.renew(call, made, now)


def _short(job: Job) -> Job:
    return replace(job, input=kept(job.input))

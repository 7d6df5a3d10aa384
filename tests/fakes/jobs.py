"""Jobs and what is written with them: the repeats of a call, and the ledger."""

from dataclasses import dataclass, field, replace

from gateway.domain.job import CostLine, Job
from gateway.domain.repeat import KEPT_S, Made, Repeat
from gateway.errors import Conflict


@dataclass
class FakeJobs:
    """Jobs in a dictionary, with the same rule of versions."""

    items: dict[tuple[str, str], Job] = field(default_factory=dict)

    def create(self, job: Job) -> None:
        """Store a new job."""
        self.items[job.tenant, job.id] = job

    def get(self, tenant: str, job_id: str) -> Job | None:
        """Read a job."""
        return self.items.get((tenant, job_id))

    def save(self, job: Job) -> Job:
        """Write over the version that was read."""
        if self.items[job.tenant, job.id].version != job.version:
            raise Conflict(job.id)
        saved = replace(job, version=job.version + 1)
        self.items[job.tenant, job.id] = saved
        return saved

    def page(self, tenant: str, count: int, after: str, *, newest_first: bool = True) -> list[Job]:
        """Return those behind a name."""
        names = sorted((id for owner, id in self.items if owner == tenant), reverse=newest_first)
        behind = [id for id in names if not after or (id < after if newest_first else id > after)]
        return [self.items[tenant, id] for id in behind[:count]]

    def due(self, now: float) -> list[tuple[str, str]]:
        """Name those that have not ended, or are untold, and are due."""
        open_ = [job for job in self.items.values() if job.untold or not job.ended]
        found = [job for job in open_ if job.sweep_at <= now]
        return [(job.tenant, job.id) for job in sorted(found, key=lambda job: job.sweep_at)]


@dataclass
class FakeRepeats:
    """Calls by their key's name, each with its end."""

    jobs: FakeJobs
    made: dict[str, tuple[float, Made]] = field(default_factory=dict)

    def find(self, name: str, now: float) -> Made | None:
        """Return what a call made, for a day."""
        until, made = self.made.get(name, (0.0, None))
        return made if now < until else None

    def create(self, job: Job, repeat: Repeat) -> None:
        """Store both."""
        if self.find(repeat.name, job.created_at):
            raise Conflict(job.id)
        self.jobs.create(job)
        self.note(repeat, job.id, job.created_at)

    def note(self, call: Repeat, made: str, now: float) -> None:
        """Store the call alone."""
        if self.find(call.name, now):
            raise Conflict(made)
        self.renew(call, made, now)

    def renew(self, call: Repeat, made: str, now: float) -> None:
        """Store the call alone, whatever was there."""
        self.made[call.name] = (now + KEPT_S, Made(call.digest, made))


@dataclass
class FakeLedger:
    """The books as a list."""

    jobs: FakeJobs
    entries: list[tuple[str, str, int, bool]] = field(default_factory=list)

    def settle(self, job: Job, attempt: int, lines: tuple[CostLine, ...], billed: bool, month: str) -> Job:
        """Save the job, then its entries."""
        saved = self.jobs.save(job)
        self.entries += [(job.id, line.meter, line.micros, billed) for line in lines]
        return saved

    def billed(self, tenant: str, month: str) -> int:
        """Add up what is billed."""
        return sum(micros for _, _, micros, billed in self.entries if billed)

"""A desk over fakes, and the workflow of a batch in ten lines."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from typing import Any

import msgspec

from gateway.domain.batch import Batch, File, Part, Span
from gateway.domain.job import Job, moved
from gateway.domain.repeat import KEPT_S, Made, Repeat
from gateway.errors import Changed, Conflict
from gateway.flow.batch import report, submit, survey, work
from gateway.flow.batch.desk import Desk
from gateway.flow.ports import Ports
from gateway.plan import Plan
from tests.builders import CALLER, make_ports
from tests.fakes.jobs import FakeJobs, FakeRepeats
from tests.fakes.workflow import FakeWorkflow

BASE = "https://gw.example.com"
LINE = {"model": "veo-3.1", "input": {"prompt": "a lighthouse in a storm"}}


@dataclass
class FakeBatches:
    """Batches and parts in dictionaries, with the same rule of versions."""

    repeats: FakeRepeats
    items: dict[tuple[str, str], Batch] = field(default_factory=dict)
    pieces: dict[tuple[str, int], Part] = field(default_factory=dict)

    def create(self, batch: Batch, repeat: Repeat | None) -> None:
        """Store both."""
        if repeat and self.repeats.find(repeat.name, batch.created_at):
            raise Conflict(batch.id)
        if repeat:
            self.repeats.made[repeat.name] = (batch.created_at + KEPT_S, Made(repeat.digest, batch.id))
        self.items[batch.tenant, batch.id] = batch

    def get(self, tenant: str, batch_id: str) -> Batch | None:
        """Read one."""
        return self.items.get((tenant, batch_id))

    def save(self, batch: Batch) -> Batch:
        """Write over the version that was read."""
        if self.items[batch.tenant, batch.id].version != batch.version:
            raise Conflict(batch.id)
        saved = replace(batch, version=batch.version + 1)
        self.items[batch.tenant, batch.id] = saved
        return saved

    def page(self, tenant: str, count: int, after: str) -> list[Batch]:
        """Return the newest."""
        found = [
            b for (owner, name), b in self.items.items() if owner == tenant and (not after or name < after)
        ]
        return sorted(found, key=lambda batch: batch.id, reverse=True)[:count]

    def part(self, batch_id: str, number: int) -> Part | None:
        """Read one."""
        return self.pieces.get((batch_id, number))

    def save_part(self, part: Part) -> Part:
        """Write over the version that was read."""
        before = self.pieces.get((part.batch, part.number))
        if (before.version if before else 0) != part.version:
            raise Conflict(f"{part.batch} {part.number}")
        saved = replace(part, version=part.version + 1)
        self.pieces[part.batch, part.number] = saved
        return saved

    def parts(self, batch_id: str) -> Iterator[Part]:
        """Read all."""
        return (part for (batch, _), part in sorted(self.pieces.items()) if batch == batch_id)

    def due(self, now: float) -> list[tuple[str, str]]:
        """Name those that have not ended and are due."""
        return [(b.tenant, b.id) for b in self.items.values() if not b.ended and b.sweep_at <= now]


@dataclass
class FakeSheet:
    """Lines in memory."""

    key: str
    data: bytes = b""

    def write(self, line: bytes) -> None:
        """Append one."""
        self.data += line

    def stored(self) -> File:
        """Tell what was written."""
        return File(self.key, len(self.data), sha256(self.data).hexdigest())


@dataclass
class FakeSheets:
    """Files in a dictionary, read in chunks of a few bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    chunk: int = 7
    reads: list[tuple[int, int]] = field(default_factory=list)

    def etag(self, key: str) -> str:
        """Name a file's content."""
        if key not in self.files:
            raise Changed(key)
        return sha256(self.files[key]).hexdigest()

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str = "") -> Iterator[bytes]:
        """Yield a part of a file."""
        if self.etag(key) != (etag or self.etag(key)):
            raise Changed(key)
        data = self.files[key][start:end]
        self.reads.append((start, start + len(data)))
        yield from (data[at : at + self.chunk] for at in range(0, len(data), self.chunk))

    @contextmanager
    def writing(self, key: str) -> Iterator[FakeSheet]:
        """Write a file if nothing goes wrong."""
        sheet = FakeSheet(key)
        yield sheet
        self.files[key] = sheet.data


@dataclass
class FakeStatuses:
    """A look at the jobs themselves."""

    jobs: FakeJobs

    def of(self, tenant: str, jobs: Sequence[str]) -> dict[str, str]:
        """Return their states."""
        return {name: job.status for name in jobs if (job := self.jobs.get(tenant, name))}


def make_desk(plan: Plan | None = None, ports: Ports | None = None) -> Desk:
    """Make a desk over fakes, with other random bytes each time."""
    ports = ports or make_ports({}, plan)
    numbers = count(1)
    ports = replace(ports, random=lambda size: next(numbers).to_bytes(size))
    batches = FakeBatches(ports.repeats)  # type: ignore[arg-type]
    return Desk(ports, batches, FakeSheets(), FakeStatuses(ports.jobs), FakeWorkflow())  # type: ignore[arg-type]


def submitted(desk: Desk, *requests: Any, **more: Any) -> Batch:
    """Take requests in as the API does."""
    asked = submit.read({"requests": list(requests), **more})
    return submit.submit(desk, CALLER, asked, BASE, None)[0]


def of_text(desk: Desk, text: bytes) -> Batch:
    """Take in a file as it is."""
    batch = submitted(desk, LINE)
    desk.sheets.files[batch.key] = text  # type: ignore[attr-defined]
    return desk.batches.save(replace(batch, total=None))


def surveyed(desk: Desk, batch: Batch) -> list[Span]:
    """Survey a batch, and read the list of its parts."""
    key = survey.survey(desk, batch.tenant, batch.id)
    lines = desk.sheets.files[key].splitlines() if key else []  # type: ignore[attr-defined]
    return [Span(**json.loads(line)) for line in lines]


def worked(desk: Desk, batch: Batch, span: Span) -> work.Worked:
    """Look at a part once."""
    return work.work(desk, batch.tenant, batch.id, span)


def end_jobs(desk: Desk, *, event: str = "fail", most: int = 10_000) -> int:
    """End jobs that are under way, as workflows would; return how many."""
    jobs: dict[Any, Job] = desk.ports.jobs.items  # type: ignore[attr-defined]
    running = [job for job in jobs.values() if not job.ended][:most]
    for job in running:
        desk.ports.jobs.save(moved(job, event, desk.ports.now()))
        desk.ports.leases.give_back(f"key#{job.key_id}", job.id)
    return len(running)


def run(desk: Desk, batch: Batch) -> Batch:
    """Do what the machine does, one part after the other, with jobs that end between two looks."""
    while True:
        for span in surveyed(desk, batch) if not latest(desk, batch).ended else []:
            while not (at := worked(desk, batch, span)).over:
                end_jobs(desk)
                desk.ports.sleep(at.pause_s)
        if not report.report(desk, batch.tenant, batch.id, lambda: b"secret"):
            return latest(desk, batch)


def latest(desk: Desk, batch: Batch) -> Batch:
    """Read a batch again."""
    found = desk.batches.get(batch.tenant, batch.id)
    assert found is not None
    return found


def lines_of(desk: Desk, file: File | None) -> list[dict[str, Any]]:
    """Read a report."""
    assert file is not None
    data = desk.sheets.files[file.key]  # type: ignore[attr-defined]
    return [msgspec.json.decode(line) for line in data.splitlines()]


def jobs_of(desk: Desk) -> list[Job]:
    """Return all jobs, the oldest first."""
    return list(desk.ports.jobs.items.values())  # type: ignore[attr-defined]

"""Watching a job: often while it moves, seldom while it does not, and no longer than one may."""

from dataclasses import replace
from itertools import pairwise

from gateway.domain.event import BEGINNING
from gateway.domain.job import Job
from gateway.flow.ports import Ports
from gateway.flow.settle import settle
from gateway.flow.watch import watch
from tests.builders import make_job, make_ports
from tests.fakes.clock import START
from tests.fakes.jobs import FakeJobs


def shown(job: Job) -> dict:
    return {"id": job.id}


def watched(ports: Ports, job: Job, life_s: float = 240) -> list[tuple[float, str | None]]:
    """Watch to the end: when what was told; nothing for a look."""
    told = watch(ports, job, BEGINNING, START + life_s, shown)
    return [(ports.now() - START, each.name if each else None) for each in told]


def test_a_job_that_has_ended_is_told_at_once():
    ports = make_ports({})
    job = settle(ports, make_job(ports))

    assert watched(ports, job) == [(0, "job.queued"), (0, "job.failed"), (0, None)]


def test_a_change_is_told_within_a_second_of_its_time():
    ports = make_ports({})
    job = make_job(ports)

    class Moving(FakeJobs):
        """Jobs that move on after ten seconds."""

        def get(self, tenant: str, job_id: str) -> Job | None:
            """Read it as of now."""
            return settle(ports, job) if ports.now() - START >= 10 else job

    told = watched(replace(ports, jobs=Moving(ports.jobs.items)), job)  # type: ignore[attr-defined]

    assert [each for each in told if each[1]] == [(0, "job.queued"), (10, "job.failed")]


def test_a_quiet_job_is_looked_at_less_and_less_often():
    ports = make_ports({})

    looks = [at for at, name in watched(ports, make_job(ports)) if name is None]
    pauses = [later - earlier for earlier, later in pairwise(looks)]

    assert (pauses[0], pauses[-1]) == (1, 5)
    assert len(looks) < 110


def test_watching_ends_with_its_time():
    ports = make_ports({})

    assert 7 < watched(ports, make_job(ports), life_s=8)[-1][0] <= 8


def test_a_job_that_is_deleted_is_watched_no_more():
    ports = make_ports({})
    job = make_job(ports)
    ports.jobs.items.clear()  # type: ignore[attr-defined]

    assert [name for _, name in watched(ports, job)] == ["job.queued", None]

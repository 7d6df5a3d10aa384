"""A job's events: in order, with ids that stay: who comes back misses none and hears none twice."""

from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.domain import event
from gateway.domain.event import BEGINNING, Event, Mark
from gateway.domain.job import Job, moved, with_attempt
from gateway.errors import InvalidRequest
from gateway.flow import chain
from gateway.flow.settle import settle
from tests.builders import make_job, make_ports
from tests.flow.steps import FAILED_503, fal_works, run_workflow, veo_works


def shown(job: Job) -> dict:
    return {"id": job.id, "object": "job", "status": job.status}


def told(job: Job, mark: Mark = BEGINNING) -> list[Event]:
    return list(event.after(job, mark, shown))


def names(job: Job) -> list[str]:
    return [each.name for each in told(job)]


def a_life(script: dict) -> list[Job]:
    """Run a job and return it as of every write."""
    ports = make_ports(script)
    job = make_job(ports)
    seen = [job]
    save = ports.jobs.save

    class Watched(type(ports.jobs)):  # type: ignore[misc]
        """Jobs that remember every version."""

        def save(self, job: Job) -> Job:
            """Write, and remember."""
            seen.append(save(job))
            return seen[-1]

    ports = replace(ports, jobs=Watched(ports.jobs.items))
    seen.append(run_workflow(ports, job))
    return seen


FAILOVER = {"POST :predictLongRunning": [FAILED_503], **fal_works()}


def test_a_failover_is_told_in_order():
    job = a_life(FAILOVER)[-1]

    assert names(job) == [
        "job.queued",
        "job.running",
        "attempt.started",
        "attempt.failed",
        "attempt.started",
        "job.delivering",
        "job.succeeded",
    ]
    assert [str(each.mark) for each in told(job)] == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_failed_attempt_says_who_failed_and_why():
    failed = next(each for each in told(a_life(FAILOVER)[-1]) if each.name == "attempt.failed")

    assert (failed.data["n"], failed.data["provider"]) == (1, "google")
    assert failed.data["error"]["class"] == "capacity"


def test_the_end_has_the_whole_job():
    job = a_life(veo_works())[-1]

    assert told(job)[-1].data == shown(job)


@pytest.mark.parametrize("script", [FAILOVER, veo_works()], ids=["failover", "one target"])
def test_what_was_told_once_never_changes(script: dict):
    """At every write, the events so far begin with those of the write before; progress alone is fleeting."""
    lives = [[e for e in told(job) if e.name != "job.progress"] for job in a_life(script)]

    for before, after in pairwise(lives):
        assert after[: len(before)] == before


@pytest.mark.parametrize("script", [FAILOVER, veo_works()], ids=["failover", "one target"])
def test_a_watcher_cut_off_anywhere_hears_each_event_once(script: dict):
    """One that looks at every write and comes back with the last id each time hears what a late one hears."""
    seen, mark = [], BEGINNING
    life = a_life(script)
    for job in life:
        for each in told(job, event.mark_of(job, str(mark) if mark != BEGINNING else "", "Last-Event-ID")):
            seen.append(each)
            mark = each.mark

    assert [e.name for e in seen if e.name != "job.progress"] == names(life[-1])
    assert len({e.mark for e in seen}) == len(seen)


def progressing(progress: float | None) -> Job:
    """Make a job whose first attempt is at work."""
    ports = make_ports({})
    reserved = chain.advance(ports, make_job(ports))
    assert isinstance(reserved, chain.Go)
    at_work = replace(reserved.attempt, status="accepted", started_at=1.0)
    return replace(with_attempt(moved(reserved.job, "start", 1.0), at_work), progress=progress)


def test_progress_stands_behind_the_latest_event_and_only_grows():
    half, more = progressing(0.5), progressing(0.75)

    assert [(str(e.mark), e.name) for e in told(half)][-1] == ("3.500", "job.progress")
    assert told(half, Mark(3, 500)) == []
    assert [e.data["progress"] for e in told(more, Mark(3, 500))] == [0.75]
    assert told(half, Mark(3, 750)) == []


@pytest.mark.parametrize("progress", [None, 0.0])
def test_no_progress_is_no_news(progress: float | None):
    assert told(progressing(progress), Mark(3)) == []


def test_a_start_that_is_sent_once_more_is_told_once():
    job = progressing(None)

    again = with_attempt(job, replace(job.attempt, status="reserved"))
    sent = with_attempt(again, replace(again.attempt, status="starting", started_at=9.0))

    assert sent.history == job.history


def test_nothing_comes_after_the_end():
    ports = make_ports({})
    job = settle(ports, make_job(ports))

    assert event.over(job, Mark(2))
    assert not event.over(job, Mark(1))


@pytest.mark.parametrize("text", ["0", "x", "-1", "1.0", "99", "1.1001", "1,5", "\u0661", "1" * 50, "3 "])
def test_an_id_that_no_event_has_is_refused(text: str):
    job = make_job(make_ports({}))

    with pytest.raises(InvalidRequest, match="is not the id of an event of job") as caught:
        event.mark_of(job, text, "Last-Event-ID")

    assert (caught.value.code, caught.value.param) == ("invalid_header", "Last-Event-ID")

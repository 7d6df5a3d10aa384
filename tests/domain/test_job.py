"""The table of states, event by event, and what a move writes down."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from gateway.domain import job as jobs
from gateway.domain.job import Attempt, Job
from tests import builders

LEGAL = {
    ("queued", "start"): "running",
    ("queued", "fail"): "failed",
    ("queued", "cancel"): "canceled",
    ("queued", "expire"): "expired",
    ("running", "start"): "running",
    ("running", "deliver"): "delivering",
    ("running", "fail"): "failed",
    ("running", "cancel"): "canceled",
    ("running", "expire"): "expired",
    ("delivering", "start"): "running",
    ("delivering", "deliver"): "delivering",
    ("delivering", "succeed"): "succeeded",
    ("delivering", "fail"): "failed",
    ("delivering", "cancel"): "canceled",
}
STATES = ("queued", "running", "delivering", "succeeded", "failed", "canceled", "expired")
EVENTS = ("start", "deliver", "succeed", "fail", "cancel", "expire")
ILLEGAL = [(state, event) for state in STATES for event in EVENTS if (state, event) not in LEGAL]


def job_in(status: str, **facts: Any) -> Job:
    return replace(builders.make_job(builders.make_ports({})), status=status, **facts)


def attempt(n: int, hop: int = 0) -> Attempt:
    return Attempt(n, hop, "google", "veo", "global", slot_at=0, reserved_at=0)


@pytest.mark.parametrize(("state", "event"), LEGAL, ids=" ".join)
def test_a_legal_event_leads_where_the_design_says(state: str, event: str) -> None:
    """
    The table is the drawing of the design, event by event.
    """
    assert jobs.moved(job_in(state), event, 5.0).status == LEGAL[state, event]


@pytest.mark.parametrize(("state", "event"), ILLEGAL, ids=" ".join)
def test_any_other_event_is_refused_by_name(state: str, event: str) -> None:
    """
    No other event exists in that state, and the refusal says which one was tried in which.
    """
    job = job_in(state)

    with pytest.raises(ValueError, match=rf"^job {job.id} is '{state}' and cannot '{event}'$"):
        jobs.moved(job, event, 5.0)


def test_an_event_that_nobody_knows_is_refused() -> None:
    """
    A misspelled event is no event.
    """
    with pytest.raises(ValueError, match="is 'queued' and cannot 'explode'"):
        jobs.moved(job_in("queued"), "explode", 5.0)


@pytest.mark.parametrize("state", STATES)
def test_a_job_has_ended_exactly_when_no_event_is_left(state: str) -> None:
    """
    Four states are the end, three are not.
    """
    assert job_in(state).ended is (state in ("succeeded", "failed", "canceled", "expired"))


def test_the_history_has_every_state_once_in_order() -> None:
    """
    A move that changes the state adds to the history; one that does not leaves it alone.
    """
    job = job_in("queued")
    start = job.history

    for at, event in enumerate(("start", "start", "deliver", "deliver", "succeed")):
        job = jobs.moved(job, event, 100.0 + at)

    assert job.history == (*start, (100.0, "running"), (102.0, "delivering"), (104.0, "succeeded"))
    assert all(before <= after for (before, _), (after, _) in pairwise(job.history[1:]))


def test_a_job_starts_once_however_often_it_is_tried() -> None:
    """
    The first target's start is the job's start, also when a second target follows a bad delivery.
    """
    job = jobs.moved(job_in("queued"), "start", 10.0)

    again = jobs.moved(jobs.moved(job, "deliver", 20.0), "start", 30.0)

    assert (job.started_at, again.started_at, again.finished_at) == (10.0, 10.0, None)


@pytest.mark.parametrize(
    ("event", "status"), [("fail", "failed"), ("cancel", "canceled"), ("expire", "expired")]
)
def test_an_end_has_its_time(event: str, status: str) -> None:
    """
    A job that never started may end, and says when.
    """
    ended = jobs.moved(job_in("queued"), event, 7.0)

    assert (ended.status, ended.started_at, ended.finished_at) == (status, None, 7.0)
    assert ended.history[-1] == (7.0, status)


def test_fields_change_along_with_the_state() -> None:
    """
    What belongs to a move is written in the same value, and the old value stays what it was.
    """
    before = job_in("running")

    after = jobs.moved(before, "fail", 7.0, error_code="boom")

    assert (before.error_code, before.status) == ("", "running")
    assert (after.error_code, after.status) == ("boom", "failed")


def test_an_attempt_takes_the_place_of_its_number() -> None:
    """
    Attempts stay in order; the latest is the one with the highest number.
    """
    job = replace(job_in("running"), attempts=(attempt(1), attempt(2)))

    changed = jobs.with_attempt(jobs.with_attempt(job, replace(attempt(1), status="failed")), attempt(3))

    assert [(a.n, a.status) for a in changed.attempts] == [(1, "failed"), (2, "reserved"), (3, "reserved")]
    assert changed.attempt.n == 3

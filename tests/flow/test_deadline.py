"""Deadlines: to begin, and all in all; noticed in time, told upstream, and then comes the next target."""

from dataclasses import replace

import pytest

from gateway.domain.job import Job
from gateway.flow import attempt, chain, deliver, overdue
from gateway.flow.ports import Ports
from gateway.flow.settle import settle
from tests.builders import answer, make_job, make_ports, plan_of
from tests.flow import steps
from tests.flow.steps import latest, run_workflow

ROUTES = """
version: 1
models:
  veo:
    operations: [text_to_video]
    targets: [fal/fal-ai/veo3.1, google/veo-3.1-generate-001]
    deadline: 2h
    deadlines: {submit: 20s, start: 45s, total: 8m}
"""
QUEUED = answer({"status": "IN_QUEUE", "queue_position": 9})
RUNNING = answer({"status": "IN_PROGRESS", "logs": None})
CANCELED = answer({"status": "CANCELLATION_REQUESTED"}, 202)
REFUSED = answer({"detail": [{"type": "content_policy_violation", "msg": "no"}]}, 422)


def on_fal(*looks: object) -> Ports:
    """Make ports over a fal that tells how it stands, and a Google that works."""
    fal = {**steps.fal_works(), "GET /status": list(looks), "PUT /cancel": [CANCELED]}
    return make_ports({**fal, **steps.veo_works()}, plan_of(ROUTES))


def started(ports: Ports) -> Job:
    """Bring a job to where its first target has accepted it."""
    job = chain.advance(ports, make_job(ports, "veo")).job
    return attempt.start(ports, job, 1).job


def test_a_job_stuck_in_the_providers_queue_is_called_off_and_goes_on() -> None:
    """fal does not begin within 45 s: it is told so, to the second, and Google renders the job."""
    ports = on_fal(QUEUED)

    ended = run_workflow(ports, make_job(ports, "veo"))

    first = ended.attempts[0]
    assert (first.error, first.code, first.cancel) == ("timeout", "start_deadline", "answered 202")
    assert first.message == "still in the provider's queue after 45 s; cancel: answered 202"
    assert (ended.status, ended.attempt.provider) == ("succeeded", "google")


def test_a_job_that_has_begun_has_its_whole_time() -> None:
    """What runs when the time to begin is over is waited for."""
    ports = on_fal(RUNNING, RUNNING, steps.FAL_DONE)

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert (ended.status, len(ended.attempts)) == ("succeeded", 1)


def test_a_target_that_takes_too_long_all_in_all_is_left_for_the_next() -> None:
    """The route gives each target eight minutes of its two hours."""
    ports = on_fal(RUNNING)

    ended = run_workflow(ports, make_job(ports, "veo"))

    first = ended.attempts[0]
    assert first.code == "total_deadline"
    assert 480 <= (first.finished_at or 0) - (first.started_at or 0) < 481
    assert ended.attempt.provider == "google"


def test_a_start_is_leased_for_as_long_as_the_route_gives_it() -> None:
    """20 s for the call, and a margin."""
    job = started(on_fal(QUEUED))

    assert job.attempt.lease_until - (job.attempt.started_at or 0) == 20 + attempt.LEASE_MARGIN_S


def test_an_attempt_that_no_look_saw_the_end_of_is_given_up_at_its_deadline() -> None:
    """The looks kept breaking: fal is told, and the job goes on to Google."""
    ports = on_fal(QUEUED)
    job = started(ports)
    ports.sleep(480)

    moved = chain.advance(ports, overdue.abandon(ports, job))

    assert isinstance(moved, chain.Go)
    assert (moved.attempt.provider, moved.job.attempts[0].cancel) == ("google", "answered 202")


def test_an_attempt_whose_looks_break_is_kept_until_its_deadline() -> None:
    """It may be rendering, and is paid for: the workflow goes on with it."""
    ports = on_fal(QUEUED)
    job = started(ports)
    ports.sleep(479)

    moved = chain.advance(ports, overdue.abandon(ports, job))

    assert isinstance(moved, chain.Go)
    assert moved.attempt == job.attempt


@pytest.mark.parametrize("status", ["reserved", "starting", "succeeded", "failed", "unknown"])
def test_only_what_was_accepted_is_given_up(status: str) -> None:
    """A start that is being sent, and a result that waits for its delivery, are somebody else's."""
    ports = on_fal(QUEUED)
    job = started(ports)
    job = ports.jobs.save(replace(job, attempts=(replace(job.attempt, status=status),)))
    ports.sleep(7200)

    assert overdue.abandon(ports, job) == job


def test_a_delivery_under_way_at_the_deadline_is_brought_to_its_end() -> None:
    """The result was there in time; its file comes after the job's deadline, and counts."""
    ports = on_fal(steps.FAL_DONE)
    job = attempt.check(ports, started(ports), 1).job
    ports.sleep(7201)

    delivered = deliver.from_links(ports, job, job.attempt).job

    assert settle(ports, delivered).status == "succeeded"


def test_a_refusal_in_a_later_look_ends_the_job() -> None:
    """Moderation is no failure that another provider mends, unless the route says so."""
    ports = on_fal(RUNNING, steps.FAL_DONE)
    ports.wire.script["GET requests/r1"] = [REFUSED]  # type: ignore[attr-defined]

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert (ended.status, ended.error_code, len(ended.attempts)) == ("failed", "moderation", 1)
    assert latest(ports, ended).attempt.error == "moderation"


@pytest.mark.parametrize(("asked", "seconds"), [("90s", 90), ("3h", 7200)])
def test_a_callers_deadline_can_only_be_shorter(asked: str, seconds: float) -> None:
    """The route gives two hours."""
    job = make_job(on_fal(QUEUED), "veo", deadline=asked)

    assert job.deadline_at - job.created_at == seconds

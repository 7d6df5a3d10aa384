"""What a crash leaves behind is mended by whoever comes next: places, entries of queues, traces."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import with_attempt
from gateway.flow import chain, pool, turn
from gateway.flow.pump import pump
from gateway.flow.settle import end_canceled, settle
from tests.builders import answer, make_job, make_ports, plan_of
from tests.flow import steps
from tests.flow.steps import latest, run_workflow, starts
from tests.flow.test_attempt import KLING, begun
from tests.flow.test_cancel import POOL, accepted, limited, waiting

KLING_LIST = {"code": 0, "data": [{"task_id": "k1", "task_info": {"external_task_id": "?"}}]}


def test_a_place_that_a_cancel_died_before_giving_back_is_given_back_by_the_workflow() -> None:
    """Else the pool would wait for it until the job's deadline, half an hour for a video."""
    ports = make_ports(steps.fal_works(), limited(concurrent=1))
    job = accepted(ports)
    forgetful = replace(ports, leases=make_ports({}).leases)
    end_canceled(forgetful, job)

    settle(ports, latest(ports, job))

    assert ports.leases.holders == {POOL: {}, "key#key_1": {}}


def test_a_place_that_a_pump_died_with_is_given_back_when_the_job_ends() -> None:
    """It was taken for an attempt that was never written."""
    ports = make_ports({}, limited(concurrent=1))
    job = waiting(ports)
    pool.take(ports, job, job.chain[0], pool.NEAR_S, from_queue=True)

    settle(ports, job)

    assert ports.leases.holders[POOL] == {}


@pytest.mark.parametrize(("stood", "told"), [("starting", "unknown"), ("accepted", "failed")])
def test_a_job_that_ends_because_its_worker_was_lost_shows_no_attempt_at_work(stood: str, told: str) -> None:
    """A start that may have been billed stays unknown."""
    ports = make_ports(steps.veo_works())
    job = begun(ports, "veo-3.1")
    job = ports.jobs.save(with_attempt(job, replace(job.attempt, status=stood)))

    ended = settle(ports, job, lost=True)

    assert (ended.attempt.status, ended.attempt.error, ended.attempt.finished_at) == (
        told,
        "internal",
        ports.now(),
    )


def test_an_entry_that_was_left_in_a_queue_starts_nothing_at_a_target_that_failed() -> None:
    """The queue step died and was tried again; its first entry is found when fal has failed already."""
    ports = make_ports({"POST queue.fal.run": [steps.FAILED_503]}, limited(concurrent=1))
    job = waiting(ports)
    go = turn.take_turn(ports, job, 0, Counter())
    assert isinstance(go, chain.Go)
    failed = replace(go.attempt, status="failed", error="transient", code="500")
    ports.jobs.save(with_attempt(go.job, failed))
    pool.release(ports, job, failed)

    pump(ports, POOL)

    assert [each.n for each in latest(ports, job).attempts] == [1]
    assert ports.queue.first(POOL, 1) == []


@pytest.mark.parametrize("said", [answer({}, 503), answer({"detail": "slow down"}, 429), steps.BROKEN])
def test_a_result_that_cannot_be_fetched_just_now_is_fetched_later(said: Any) -> None:
    """It was paid for; what a gateway in between says is no word on the job."""
    works = steps.fal_works() | {"GET requests/r1": [said, steps.FAL_RESULT]}
    ports = make_ports({"GET /status": works["GET /status"], **works}, limited())

    ended = run_workflow(ports, make_job(ports, "v"))

    assert (ended.status, len(starts(ports))) == ("succeeded", 1)


def test_a_result_call_that_tells_how_the_run_failed_ends_the_attempt() -> None:
    """Here the provider says it in its own words."""
    broke = answer({"detail": "no runner", "error_type": "runner_scheduling_failure"}, 503)
    works = steps.veo_works() | steps.fal_works() | {"GET requests/r1": [broke]}
    ports = make_ports(works, limited())

    ended = run_workflow(ports, make_job(ports, "v"))

    assert [each.code for each in ended.attempts] == ["runner_scheduling_failure", ""]


def test_a_look_that_cannot_be_read_is_no_failed_job() -> None:
    """Half an answer says nothing; the next look is whole."""
    half = replace(steps.VEO_DONE, body=steps.VEO_DONE.body[:40])
    ports = make_ports(steps.veo_works() | {"GET operations/op-1": [half, steps.VEO_DONE]})

    ended = run_workflow(ports, make_job(ports, "veo-3.1"))

    assert (ended.status, len(ended.attempts)) == ("succeeded", 1)


def test_a_start_whose_answer_cannot_be_read_is_looked_up() -> None:
    """Kling took the job and something cut its answer: it is in the list, and not started elsewhere."""
    job_id = make_job(make_ports({}), "veo-3.1").id
    found = answer({"code": 0, "data": [{"task_id": "k1", "task_info": {"external_task_id": f"{job_id}-1"}}]})
    half = replace(steps.KLING_ACCEPTED, body=b'{"code": 0, "da')
    script = {"POST klingai": [half], "GET text2video?": [found], "GET text2video/k1": [steps.KLING_DONE]}
    ports = make_ports(script | {"GET cdn.kling": [steps.a_file()]}, plan_of(KLING))

    ended = run_workflow(ports, make_job(ports, "k"))

    assert (ended.status, len(starts(ports))) == ("succeeded", 1)

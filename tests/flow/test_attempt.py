"""A paid render is never started twice: duplicates, crashes and lost answers of a start."""

from dataclasses import replace

import pytest

from gateway.domain.job import moved, with_attempt
from gateway.flow import attempt, chain
from gateway.flow.attempt import Busy
from gateway.flow.ports import Ports
from tests.builders import answer, make_job, make_ports, plan_of
from tests.flow import steps
from tests.flow.steps import latest, run_workflow, starts

KLING = """
version: 1
models:
  k: {operations: [text_to_video], targets: [kling/kling-v3], fallback: [veo], deadline: 2h}
  veo: {operations: [text_to_video], targets: [google/veo-3.1-generate-001], deadline: 2h}
"""
KLING_WORKS = {
    "POST klingai": [steps.KLING_ACCEPTED],
    "GET text2video/k1": [steps.KLING_DONE],
    "GET cdn.kling": [steps.a_file()],
}


def begun(ports: Ports, model: str):
    """Leave a job as a worker leaves it that died after it had sent its start."""
    reserved = chain.advance(ports, make_job(ports, model))
    dead = replace(reserved.attempt, status="starting", started_at=ports.now(), lease_until=ports.now() + 65)
    return ports.jobs.save(with_attempt(moved(reserved.job, "start", ports.now()), dead))


def test_the_same_message_twice_starts_once() -> None:
    """The second delivery of a start finds it accepted and only tells so again."""
    ports = make_ports(steps.veo_works())
    job = chain.advance(ports, make_job(ports)).job

    first = attempt.start(ports, job, 1)
    second = attempt.start(ports, latest(ports, job), 1)

    assert (first.word, second.word) == ("pending", "pending")
    assert len(starts(ports)) == 1


def test_a_stale_reader_does_not_start_a_second_time() -> None:
    """A worker that read the job before the other one took the start loses the race and reads again."""
    ports = make_ports(steps.veo_works())
    stale = chain.advance(ports, make_job(ports)).job
    attempt.start(ports, stale, 1)

    outcome = attempt.start(ports, stale, 1)

    assert outcome.word == "pending"
    assert len(starts(ports)) == 1


def test_a_start_under_lease_is_left_alone() -> None:
    """While another worker may still be waiting for the provider, a duplicate goes back to the queue."""
    ports = make_ports({})
    job = begun(ports, "veo-3.1")

    with pytest.raises(Busy):
        attempt.start(ports, job, 1)


def test_a_lost_start_that_the_provider_knows_is_gone_on_with() -> None:
    """Kling's list has our reference: the job is found there, not started again."""
    ports = make_ports(dict(KLING_WORKS), plan_of(KLING))
    job = begun(ports, "k")
    found = {"task_id": "k1", "task_info": {"external_task_id": f"{job.id}-1"}}
    ports.wire.script["GET pageNum"] = [answer({"code": 0, "data": [found]})]
    ports.sleep(70)

    ended = run_workflow(ports, job)

    assert ended.status == "succeeded"
    assert starts(ports) == []


def test_a_lost_start_that_the_provider_does_not_know_is_started() -> None:
    """Kling says that it has no such task, so starting it is no second render."""
    ports = make_ports(dict(KLING_WORKS), plan_of(KLING))
    job = begun(ports, "k")
    ports.wire.script["GET pageNum"] = [answer({"code": 0, "data": []})]
    ports.sleep(70)

    ended = run_workflow(ports, job)

    assert ended.status == "succeeded"
    assert len(starts(ports)) == 1


def test_a_lost_start_that_nobody_can_ask_about_is_not_repeated_anywhere() -> None:
    """Google cannot be asked, so the job ends and says why, rather than pay twice."""
    ports = make_ports({**steps.veo_works(), **steps.fal_works()})
    job = begun(ports, "veo-3.1")
    ports.sleep(70)

    ended = run_workflow(ports, job)

    assert (ended.status, ended.error_code) == ("failed", "start_unknown")
    assert ended.attempt.status == "unknown"
    assert starts(ports) == []


def test_a_list_that_cannot_be_read_leaves_the_start_unknown() -> None:
    """Kling is down when we ask: not to know is not to be absent, so nothing is started."""
    ports = make_ports(dict(KLING_WORKS), plan_of(KLING))
    job = begun(ports, "k")
    ports.wire.script["GET pageNum"] = [steps.TIMED_OUT]
    ports.sleep(70)

    ended = run_workflow(ports, job)

    assert ended.error_code == "start_unknown"
    assert starts(ports) == []


def test_an_answer_that_never_came_is_looked_up_before_the_next_target() -> None:
    """Kling took the job but its answer was lost: it is found by our reference and finished there."""
    ports = make_ports({**KLING_WORKS, "POST klingai": [steps.TIMED_OUT]}, plan_of(KLING))
    job = make_job(ports, "k")
    found = {"task_id": "k1", "task_info": {"external_task_id": f"{job.id}-1"}}
    ports.wire.script["GET pageNum"] = [answer({"code": 0, "data": [found]})]

    ended = run_workflow(ports, job)

    assert [a.provider for a in ended.attempts] == ["kling"]
    assert ended.status == "succeeded"


def test_a_missing_key_moves_on_and_says_which() -> None:
    """No secret is a credential error that names the secret, not a crash."""
    ports = make_ports(steps.fal_works())
    ports = replace(ports, secrets=NoGoogle())

    ended = run_workflow(ports, make_job(ports))

    assert ended.attempts[0].error == "credential"
    assert "sluice secrets set google" in ended.attempts[0].message
    assert ended.status == "succeeded"


def test_a_providers_message_does_not_carry_the_prompt() -> None:
    """What the caller wrote is taken out of an error that quotes it."""
    quoted = {"error": {"code": 400, "message": "bad prompt: 'a lighthouse in a storm'", "status": "INVALID"}}
    ports = make_ports({"POST :predictLongRunning": [answer(quoted, 400)]})

    ended = run_workflow(ports, make_job(ports))

    assert "lighthouse" not in ended.error_message
    assert "bad prompt: '…'" in ended.error_message


class NoGoogle:
    """Secrets without Google's."""

    def get(self, name: str) -> str:
        """Miss Google's key."""
        if name.endswith("google"):
            raise LookupError(f"the secret {name!r} is not set: run `sluice secrets set google`")
        return "k"


def test_a_new_start_begins_without_the_progress_of_the_one_before() -> None:
    """How far the last provider had come says nothing about the next one."""
    ports = make_ports(steps.veo_works())
    job = ports.jobs.save(replace(chain.advance(ports, make_job(ports)).job, progress=0.8))

    assert attempt.start(ports, job, 1).job.progress is None

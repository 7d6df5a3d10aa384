"""The chain goes on after every kind of failure, before and after acceptance; at its end it tells all."""

import pytest

from gateway.domain import view
from gateway.flow import attempt, chain
from tests.builders import answer, make_job, make_ports, plan_of
from tests.flow import steps
from tests.flow.steps import run_workflow

FIRST_FAULTS = {
    "503": ({"POST :predictLongRunning": [steps.FAILED_503]}, "capacity"),
    "hang": ({"POST :predictLongRunning": [steps.TIMED_OUT]}, "timeout"),
    "reset": ({"POST :predictLongRunning": [steps.BROKEN]}, "transient"),
    "429": (
        {"POST :predictLongRunning": [answer({"error": {"code": 429, "message": "slow down"}}, 429)]},
        "capacity",
    ),
    "401": ({"POST :predictLongRunning": [answer({"error": {"code": 401}}, 401)]}, "credential"),
    "malformed": ({"POST :predictLongRunning": [answer("<html>", 200)]}, "transient"),
    "failed after acceptance": (
        {"POST :predictLongRunning": [steps.VEO_ACCEPTED], "GET operations/op-1": [steps.VEO_FAILED]},
        "transient",
    ),
    "stuck": (
        {"POST :predictLongRunning": [steps.VEO_ACCEPTED], "GET operations/op-1": [steps.VEO_RUNNING]},
        "timeout",
    ),
    "expired link": (
        {
            "POST :predictLongRunning": [steps.VEO_ACCEPTED],
            "GET operations/op-1": [steps.VEO_DONE],
            "GET files/1:download": [answer({}, 404)],
        },
        "transient",
    ),
}


@pytest.mark.parametrize("fault", FIRST_FAULTS)
def test_a_broken_first_target_leaves_the_job_to_the_second(fault: str) -> None:
    """Whatever breaks at Google, before or after it accepted, the same job ends well at fal."""
    script, error_class = FIRST_FAULTS[fault]
    ports = make_ports({**script, **steps.fal_works()}, plan_of(LONG))
    job = make_job(ports, "veo", duration=8, resolution="1080p")

    ended = run_workflow(ports, job)

    assert ended.status == "succeeded"
    assert [(a.provider, a.error) for a in ended.attempts] == [("google", error_class), ("fal", "")]
    assert ended.id == job.id


def test_every_target_broken_ends_failed_with_all_reasons_and_costs_nothing() -> None:
    """The error names each target with its class, code and text; the books stay empty."""
    ports = make_ports({"POST ": [steps.FAILED_503]}, plan_of(LONG))
    job = make_job(ports, "veo")

    ended = run_workflow(ports, job)

    assert ended.status == "failed"
    assert ended.error_code == "all_targets_failed"
    assert "google/veo-3.1-generate-001: capacity (UNAVAILABLE): overloaded" in ended.error_message
    assert "fal/fal-ai/veo3.1: transient (503)" in ended.error_message
    assert ports.ledger.entries == []  # type: ignore[attr-defined]
    assert view.job_document(ended, "https://x", lambda: b"s")["cost"]["usd"] == "0.000000"


def test_moderation_is_not_shopped_around() -> None:
    """A refused prompt ends the job at the first target."""
    refused = {"done": True, "response": {"generateVideoResponse": {"raiMediaFilteredReasons": ["violence"]}}}
    script = {"POST :predictLongRunning": [steps.VEO_ACCEPTED], "GET operations/op-1": [answer(refused)]}
    ports = make_ports({**script, **steps.fal_works()}, plan_of(LONG))

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert (ended.status, ended.error_code) == ("failed", "moderation")
    assert len(ended.attempts) == 1


def test_a_failed_poll_is_not_a_failed_job() -> None:
    """Errors and silence while looking leave the render running until a look succeeds."""
    script = steps.veo_works()
    script["GET operations/op-1"] = [steps.FAILED_503, steps.TIMED_OUT, answer("??"), steps.VEO_DONE]
    ports = make_ports(script, plan_of(LONG))

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert ended.status == "succeeded"
    assert len(ended.attempts) == 1


def test_a_target_that_cannot_carry_the_request_is_skipped_with_its_reason() -> None:
    """Runway's 720p is no 1080p: the trace says so, and no call is made."""
    ports = make_ports({})

    job = make_job(ports, "veo-3.1", resolution="1080p")

    assert ("runway", "resolution must be one of '720p', not '1080p'") in [
        (skip.provider, skip.reason) for skip in job.skipped
    ]
    assert "runway" not in {hop.provider for hop in job.chain}


def test_a_job_past_its_deadline_expires() -> None:
    """When the chain is not through by the route's deadline, no further target is started."""
    stuck = {"POST :predictLongRunning": [steps.VEO_ACCEPTED], "GET operations/op-1": [steps.VEO_RUNNING]}
    ports = make_ports({**stuck, **steps.fal_works()}, plan_of(SHORT))

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert ended.status == "expired"
    assert len(ended.attempts) == 1


def test_a_result_that_comes_after_the_deadline_is_still_delivered() -> None:
    """The last look finds the video done, although its time is over: it was paid for, so it counts."""
    ports = make_ports(steps.veo_works(), plan_of(LONG))
    job = chain.advance(ports, make_job(ports, "veo")).job
    attempt.start(ports, job, 1)
    ports.wire.script["GET operations/op-1"] = [steps.VEO_DONE]
    ports.sleep(3600)

    outcome = attempt.check(ports, steps.latest(ports, job), 1)

    assert outcome.word == "done"


def test_a_late_target_is_cancelled_where_the_provider_can() -> None:
    """fal is told to stop, and what it answered stands in the trace."""
    script = {
        "POST queue.fal.run": [steps.FAL_ACCEPTED],
        "GET /status": [answer({"status": "IN_PROGRESS", "logs": None})],
        "PUT /cancel": [answer({"status": "CANCELLATION_REQUESTED"}, 202)],
    }
    ports = make_ports(script, plan_of(FAL_ALONE))

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert ended.attempt.cancel == "answered 202"
    assert ended.status == "failed"


LONG = """
version: 1
models:
  veo:
    operations: [text_to_video]
    targets: [google/veo-3.1-generate-001, fal/fal-ai/veo3.1]
    deadline: 2h
"""
SHORT = LONG.replace("2h", "5m")
FAL_ALONE = """
version: 1
models:
  veo: {operations: [text_to_video], targets: [fal/fal-ai/veo3.1], deadline: 2h}
"""

"""A replay runs what a job ran: the target that delivered, its region, seed and parameters, and no other."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.body import read
from gateway.domain.job import Job
from gateway.errors import Clash, GatewayError, Gone, InvalidRequest, NotFound
from gateway.flow import destination
from gateway.flow.ports import Ports
from gateway.flow.replay import replay
from tests.builders import CALLER, make_job, make_ports, plan_of
from tests.domain.test_destination import BODY
from tests.flow.steps import FAILED_503, fal_works, latest, run_workflow, veo_works


def replayed(ports: Ports, job: Job, steering: dict[str, Any] | None = None, **changes: Any) -> Job:
    """Replay a job with other random bytes than its own."""
    ports = replace(ports, random=lambda count: bytes([7]) * count)
    asked = read(steering or {}, "")
    return replay(ports, CALLER, job.id, asked, changes, "https://gw.example.com", None).job


def test_what_delivered_is_pinned_alone_with_its_seed() -> None:
    """Google failed and fal delivered: the replay goes to fal, and has nothing behind it."""
    ports = make_ports({"POST :predictLongRunning": [FAILED_503], **fal_works()})
    job = run_workflow(ports, make_job(ports, customer_id="c-1", metadata={"order": "7"}))

    again = replayed(ports, job)

    assert [(hop.provider, hop.region) for hop in again.chain] == [("fal", job.attempt.region)]
    assert (again.seed, again.input, again.operation) == (job.seed, job.input, job.operation)
    assert (again.customer_id, again.metadata) == ("c-1", {"order": "7"})
    assert (again.replay_of, again.status, again.attempts) == (job.id, "queued", ())
    assert run_workflow(ports, again).status == "succeeded"


def test_changes_are_laid_over_the_input() -> None:
    """Another duration, no negative prompt; null takes a parameter away."""
    ports = make_ports(veo_works())
    job = run_workflow(ports, make_job(ports, duration=4, negative_prompt="rain"))

    again = replayed(ports, job, duration=8, negative_prompt=None, seed=5)

    assert again.input == {"prompt": "a lighthouse in a storm", "duration": 8, "seed": 5}
    assert again.seed == 5


def test_where_the_files_went_and_what_time_there_was_stay_as_they_were() -> None:
    """The customer's bucket is looked up again: one that was removed since is a mistake that is told."""
    ports = make_ports(veo_works())
    destination.register(ports, "acme", BODY)
    destination.verify(ports, "acme", "films")
    job = make_job(ports, delivery={"destination": "films"}, deadline="5m")
    ended = ports.jobs.save(replace(job, status="failed"))

    again = replayed(ports, ended)
    destination.remove(ports, "acme", "films")

    assert (again.destination, again.deadlines) == (job.destination, job.deadlines)
    assert again.deadline_at - again.created_at == 300
    with pytest.raises(InvalidRequest, match=r"^delivery.destination: unknown destination 'films'"):
        replayed(ports, ended)


def test_a_job_that_nothing_delivered_gets_its_whole_chain_again() -> None:
    """There is nothing to pin but the seed."""
    ports = make_ports({"POST :predictLongRunning": [FAILED_503]})
    job = make_job(ports)
    ended = ports.jobs.save(replace(job, status="failed"))

    assert replayed(ports, ended).chain == job.chain


def test_a_job_that_has_not_ended_is_too_early() -> None:
    """409, and it says how the job stands."""
    ports = make_ports({})
    job = make_job(ports)

    with pytest.raises(
        Clash, match=rf"^job {job.id} is queued; it can be replayed when it has ended"
    ) as told:
        replayed(ports, job)

    assert (told.value.code, told.value.job_id) == ("not_ended", job.id)


def test_an_unknown_job_is_not_found() -> None:
    """Nor is a stranger's."""
    ports = make_ports({})

    with pytest.raises(NotFound, match=r"^no job 'gw_nobody'"):
        replayed(ports, replace(make_job(ports), id="gw_nobody"))


def test_a_target_that_is_gone_is_named() -> None:
    """410: another deployment took the model away."""
    ports = make_ports(veo_works())
    job = run_workflow(ports, make_job(ports))
    routes = "version: 1\nmodels: {v: {operations: [text_to_video], targets: [fal/fal-ai/veo3.1]}}"
    without = plan_of(routes, "version: 1\nproviders: {fal: {secret: f}}")

    with pytest.raises(Gone, match=r"ran at google/veo-3.1-generate-001, which this gateway has no more"):
        replayed(replace(ports, plan=without), job)


def test_whoever_brought_a_key_brings_it_again() -> None:
    """Else the platform would pay for what the caller paid for."""
    ports = make_ports(veo_works())
    job = run_workflow(ports, make_job(ports, byok={"google": "their-own"}))

    with pytest.raises(InvalidRequest, match=r"^byok: job .* brought a key for 'google', which is not kept"):
        replayed(ports, job)

    assert replayed(ports, job, {"byok": {"google": "their-own"}}).byok == {"google": "nwo-rieht"}


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown": ({"lenght": 4}, "unknown_parameter", "^lenght: is not a parameter of google/veo"),
    "out of range": ({"duration": 5}, "no_target", "duration must be one of 4, 6, 8"),
    "taken away": ({"prompt": None}, "no_target", "prompt is required"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_change_that_the_target_does_not_take_starts_nothing(case: str) -> None:
    """The error names the parameter."""
    changes, code, text = WRONG[case]
    ports = make_ports(veo_works())
    job = run_workflow(ports, make_job(ports))

    with pytest.raises(GatewayError, match=text) as told:
        replayed(ports, job, **changes)

    assert told.value.code == code
    assert latest(ports, job) == job

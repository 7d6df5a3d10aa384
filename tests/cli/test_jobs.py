"""`sluice jobs`: a job's life as a picture, and a push for one that hangs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sluice.commands.jobs import hand_over_again
from sluice.errors import Refused
from sluice.timeline import BAR, phases, rows
from tests.builders import make_job, make_ports
from tests.cloud import client, small_cloud
from tests.flow import steps
from tests.flow.steps import run_workflow


@pytest.fixture
def cloud() -> Iterator[dict[str, str]]:
    """A cloud with a machine."""
    with small_cloud() as settings:
        yield settings


def test_a_timeline_has_a_row_for_each_wait_and_each_call() -> None:
    """Google fails, fal takes over and delivers."""
    ports = make_ports({"POST :predictLongRunning": [steps.FAILED_503], **steps.fal_works()})
    job = run_workflow(ports, make_job(ports))

    found = [(phase.what, phase.note) for phase in phases(job, ports.now())]

    assert found == [
        ("1 slot", ""),
        ("1 call", "google/veo-3.1-generate-001 capacity (UNAVAILABLE)"),
        ("2 slot", ""),
        ("2 call", "fal/fal-ai/veo3.1 succeeded"),
        ("delivery", "1 stored"),
    ]


def test_bars_lie_where_the_time_went() -> None:
    """From the first character to the last, each in its place."""
    ports = make_ports(steps.veo_works())
    job = run_workflow(ports, make_job(ports))

    *_, call, delivery = rows(job, ports.now(), drawn=True)

    assert (call[2], len(call[3])) == ("90.0 s", BAR)
    assert delivery[3] == " " * (BAR - 1) + "█"


def test_a_timeline_without_a_terminal_has_no_bars() -> None:
    """A job that only waits lasts until now."""
    ports = make_ports({})
    job = make_job(ports)

    assert rows(job, ports.now() + 5, drawn=False) == [["+0.0 s", "queue", "5.0 s", ""]]


def test_a_job_that_hangs_is_handed_over_once_more(cloud: dict[str, str]) -> None:
    """Its executions are over; the next one gets the next name."""
    states = client("stepfunctions")
    job, machine = make_job(make_ports({})), cloud["WORKFLOW"]
    first = states.start_execution(stateMachineArn=machine, name=job.id, input="{}")["executionArn"]
    states.stop_execution(executionArn=first)

    assert hand_over_again(states, machine, job) == f"{job.id}-2"
    with pytest.raises(Refused, match=f"^execution '{job.id}-2' is at it"):
        hand_over_again(states, machine, job)


def test_a_job_that_has_ended_is_not_handed_over(cloud: dict[str, str]) -> None:
    """Nothing changes it any more, and the way out is told."""
    states: Any = client("stepfunctions")
    ended = replace(make_job(make_ports({})), status="failed")

    with pytest.raises(Refused, match=r"is failed, and nothing changes that\. Submit it again"):
        hand_over_again(states, cloud["WORKFLOW"], ended)

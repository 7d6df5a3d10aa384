"""The sweeper's function: a round over jobs, letters and pools, and the event of an execution that broke."""

import importlib
import json
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from tests.builders import make_job
from tests.cloud import client
from tests.handlers.test_steps import step

ROUND = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@pytest.fixture
def sqs(deployed: dict[str, str]) -> Any:
    """The client of the queues."""
    return client("sqs")


@pytest.fixture
def sweeper(deployed: dict[str, str]) -> ModuleType:
    """The function."""
    return importlib.import_module("gateway.handlers.sweep")


@pytest.fixture
def ids(sweeper: ModuleType) -> dict[str, str]:
    """A new job's ids."""
    job = make_job(sweeper._ports, "fal/fal-ai/flux/dev")
    return {"tenant": job.tenant, "job": job.id}


def event_of(execution: str, ids: dict[str, str], status: str) -> dict[str, Any]:
    """Write what EventBridge sends. Source: the documentation that the handler names, its first example."""
    arn = "arn:aws:states:us-east-1:123456789012:execution:jobs:" + execution
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73e60175",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": "123456789012",
        "time": "2019-02-26T19:42:21Z",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {
            "executionArn": arn,
            "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:jobs",
            "name": execution,
            "status": status,
            "startDate": 1551225146847,
            "stopDate": 1551225151881,
            "input": json.dumps(ids),
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": None,
        },
    }


def test_a_round_hands_over_what_is_due_and_wakes_the_pools(
    sweeper: ModuleType, ids: dict[str, str], sqs: Any, deployed: dict[str, str]
) -> None:
    """A pool that somebody waits for gets a bell, whatever became of the one that it had."""
    ports = sweeper._ports
    job = ports.jobs.get("acme", ids["job"])
    ports.jobs.save(replace(job, sweep_at=1.0))
    ports.queue.enter("kling#ours#global", "acme", "gw_x", 0, "token")

    sweeper.handler(ROUND, None)

    names = [each["name"] for each in executions(deployed)]
    bells = sqs.receive_message(QueueUrl=deployed["BELLS"])["Messages"]
    assert ids["job"] in names
    assert [bell["Body"] for bell in bells] == ["kling#ours#global"]


def test_a_dead_start_is_answered_and_forgotten_and_a_broken_one_stays(
    sweeper: ModuleType, ids: dict[str, str], sqs: Any, deployed: dict[str, str]
) -> None:
    """What cannot be read does not keep the others waiting, and somebody is told of it."""
    step("route", ids)
    for body in ("no JSON", json.dumps({**ids, "attempt": 1, "token": "nobody waits"})):
        sqs.send_message(QueueUrl=deployed["DEAD_STARTS"], MessageBody=body)

    with pytest.raises(RuntimeError, match="1 could not be swept"):
        sweeper.handler(ROUND, None)

    job = sweeper._ports.jobs.get("acme", ids["job"])
    left = sqs.get_queue_attributes(QueueUrl=deployed["DEAD_STARTS"], AttributeNames=["All"])["Attributes"]
    assert (job.attempt.status, job.attempt.code) == ("failed", "start_lost")
    assert left["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_an_execution_that_was_stopped_ends_its_job(sweeper: ModuleType, ids: dict[str, str]) -> None:
    """The event carries the execution's input, and so the job."""
    sweeper.handler(event_of(ids["job"], ids, "ABORTED"), None)

    assert sweeper._ports.jobs.get("acme", ids["job"]).error_code == "internal_error"


def test_an_execution_that_failed_is_followed_by_another(
    sweeper: ModuleType, ids: dict[str, str], deployed: dict[str, str]
) -> None:
    """Under a name of its own."""
    sweeper.handler(event_of(ids["job"], ids, "FAILED"), None)

    assert f"{ids['job']}-2" in [each["name"] for each in executions(deployed)]


def executions(deployed: dict[str, str]) -> list[dict[str, Any]]:
    """List what the machine was started for."""
    states = client("stepfunctions")
    found: list[dict[str, Any]] = states.list_executions(stateMachineArn=deployed["WORKFLOW"])["executions"]
    return found

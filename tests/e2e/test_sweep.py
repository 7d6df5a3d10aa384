"""Whatever dies, no job hangs: inline calls, messages of starts, executions. And nothing is paid twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.aws.jobs import Jobs
from gateway.domain.job import with_attempt
from tests.e2e.conftest import Gateway
from tests.e2e.test_crash import kill_workers, wait_for

pytestmark = pytest.mark.e2e


def test_an_inline_call_that_dies_is_handed_over_and_not_paid_for_twice(gateway: Gateway) -> None:
    """The function is killed while Google answers; once its lease is over, the workflow ends the job."""
    gateway.break_provider("google", kind="slow", delay_s=6, count=1)
    call = threading.Thread(target=gateway.post, args=("/v1/nano-banana-pro", {"prompt": "a fox"}))
    call.start()
    wait_for(lambda: gateway.starts() == ["google"])
    kill_workers(gateway)
    call.join()
    job = newest(gateway)

    let_leases_run_out(gateway, job["id"])
    sweep(gateway)
    ended = gateway.ended(job)

    assert (job["status"], ended["status"], ended["error"]["code"]) == ("running", "failed", "start_unknown")
    assert gateway.starts() == ["google"]


def test_a_start_whose_message_died_goes_on_at_the_next_target(gateway: Gateway) -> None:
    """It never left: the sweeper answers for it, and fal gets the job."""
    with deaf_worker(gateway, "google") as lane:
        job = gateway.submit("veo-3.1", duration=4)
        bury(gateway, lane)
        sweep(gateway)
        ended = gateway.ended(job)

    assert [(each["provider"], each["status"]) for each in ended["attempts"]] == [
        ("google", "failed"),
        ("fal", "succeeded"),
    ]
    assert ended["attempts"][0]["error"]["code"] == "start_lost"
    assert gateway.starts() == ["fal"]


def test_a_job_whose_execution_is_stopped_ends(gateway: Gateway) -> None:
    """The event comes by itself; nobody needs to sweep."""
    gateway.break_provider("google", kind="slow", delay_s=3)
    job = gateway.submit("veo-3.1", duration=4)
    wait_for(lambda: gateway.starts() == ["google"])
    arn = gateway.stack.outputs["Workflow"].replace(":stateMachine:", ":execution:")

    gateway.stack.cloud.client("stepfunctions").stop_execution(executionArn=f"{arn}:{job['id']}")
    ended = gateway.ended(job)

    assert (ended["status"], ended["error"]["code"]) == ("failed", "internal_error")


def sweep(gateway: Gateway) -> None:
    """Call the function now; the emulator's own schedule would call it within the next minute or so."""
    answer = gateway.stack.cloud.client("lambda").invoke(
        FunctionName=gateway.stack.outputs["SweepFunction"],
        Payload=json.dumps({"detail-type": "Scheduled Event", "detail": {}}).encode(),
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def newest(gateway: Gateway) -> dict[str, Any]:
    """Find the job that an unanswered call made."""
    items = gateway.stack.cloud.client("dynamodb").query(
        TableName=gateway.stack.outputs["JobsTable"],
        KeyConditionExpression="tenant = :tenant",
        ExpressionAttributeValues={":tenant": {"S": "default"}},
        ScanIndexForward=False,
        Limit=1,
    )["Items"]
    found: dict[str, Any] = gateway.get(f"/v1/jobs/{items[0]['job']['S']}").json()
    return found


def let_leases_run_out(gateway: Gateway, job_id: str) -> None:
    """Do what a minute does: the job is due, and the attempt's worker must be dead."""
    jobs = Jobs(gateway.stack.cloud.client("dynamodb"), gateway.stack.outputs["JobsTable"])
    job = jobs.get("default", job_id)
    assert job is not None
    jobs.save(replace(with_attempt(job, replace(job.attempt, lease_until=0)), sweep_at=1))


@contextmanager
def deaf_worker(gateway: Gateway, provider: str) -> Iterator[str]:
    """Let nobody take a lane's messages; yields the lane's queue."""
    functions, queue = gateway.stack.cloud.client("lambda"), lane_of(gateway, provider)
    sources = functions.list_event_source_mappings(FunctionName=gateway.stack.outputs["StartFunction"])
    name = queue.rpartition("/")[2]
    (source,) = (
        each["UUID"]
        for each in sources["EventSourceMappings"]
        if each["EventSourceArn"].rpartition(":")[2] == name
    )
    functions.update_event_source_mapping(UUID=source, Enabled=False)
    try:
        yield queue
    finally:
        functions.update_event_source_mapping(UUID=source, Enabled=True)


def bury(gateway: Gateway, lane: str) -> None:
    """Do what three crashes do: move the lane's message to the dead ones."""
    sqs, found = gateway.stack.cloud.client("sqs"), []

    def received() -> bool:
        found.extend(sqs.receive_message(QueueUrl=lane).get("Messages", []))
        return bool(found)

    wait_for(received)
    sqs.send_message(QueueUrl=gateway.stack.outputs["DeadStarts"], MessageBody=found[0]["Body"])
    sqs.delete_message(QueueUrl=lane, ReceiptHandle=found[0]["ReceiptHandle"])


def lane_of(gateway: Gateway, provider: str) -> str:
    """Return the queue of a provider's pool."""
    url: str = json.loads(gateway.stack.outputs["QueueUrls"])[provider]
    return url

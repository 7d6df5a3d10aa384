"""A job that its caller takes back ends wherever it stands, and a call that comes twice makes one job."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Gateway
from tests.e2e.test_crash import wait_for

pytestmark = pytest.mark.e2e

GOOGLE = "google#ours#global"
VIDEO = "fal/fal-ai/veo3.1"


@pytest.fixture
def full_pool(gateway: Gateway) -> Iterator[None]:
    """Google's pool gives no slot for an hour."""
    table = gateway.stack.outputs["PacersTable"]
    pool = {"TableName": table, "Key": {"pool": {"S": GOOGLE}}}
    dynamodb = gateway.stack.cloud.client("dynamodb")
    later = {":at": {"N": str(round((time.time() + 3600) * 1_000_000))}}
    dynamodb.update_item(**pool, UpdateExpression="SET arrival = :at", ExpressionAttributeValues=later)
    yield
    dynamodb.update_item(**pool, UpdateExpression="REMOVE arrival, pumping")


@pytest.mark.usefixtures("full_pool")
def test_a_job_that_waits_in_a_queue_is_canceled_at_once(gateway: Gateway) -> None:
    """Its workflow is told and ends; nothing was started, and the queue is empty."""
    job = gateway.submit("google/veo-3.1-generate-001")
    wait_for(lambda: gateway.get(f"/v1/jobs/{job['id']}").json()["queue_position"] == 1)

    answer = cancel(gateway, job)

    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    wait_for(lambda: execution(gateway, job) == "SUCCEEDED", 10)
    waiting = gateway.stack.cloud.client("dynamodb").scan(TableName=gateway.stack.outputs["WaitingTable"])
    assert (waiting["Count"], gateway.starts()) == (0, [])


def test_a_running_job_is_canceled_at_its_provider_too(gateway: Gateway) -> None:
    """fal is told to stop; its answer is in the trace, and the job stays canceled."""
    gateway.break_provider("fal", kind="hang", on="job")
    job = gateway.submit(VIDEO)
    wait_for(lambda: (last_attempt(gateway, job) or {}).get("status") == "running")

    answer = cancel(gateway, job)

    canceled = answer.json()
    assert (answer.status_code, canceled["status"], canceled["cost"]["usd"]) == (200, "canceled", "0.000000")
    assert canceled["attempts"][0]["cancel"] == "answered 202"
    wait_for(lambda: execution(gateway, job) == "SUCCEEDED")
    assert cancel(gateway, job).json() == canceled
    assert [entry["method"] for entry in gateway.requests("fal")].count("PUT") == 1


def test_a_cancel_in_the_middle_of_a_start_waits_for_the_providers_answer(gateway: Gateway) -> None:
    """The provider's job id is not lost: it is kept, and the job is canceled there with it."""
    gateway.break_provider("fal", kind="slow", delay_s=1, count=1)
    job = gateway.submit(VIDEO)
    wait_for(lambda: gateway.starts() == ["fal"])

    answer = cancel(gateway, job)

    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    ended = gateway.ended(job)
    (attempt,) = ended["attempts"]
    assert (ended["status"], attempt["error"]) == ("canceled", None)
    assert attempt["cancel"].startswith("answered")
    about_it = [entry for entry in gateway.requests("fal") if attempt["provider_job_id"] in entry["path"]]
    assert [entry["method"] for entry in about_it] == ["PUT"]
    assert gateway.starts() == ["fal"]


def test_what_has_ended_is_not_canceled_and_what_never_was_is_not_found(gateway: Gateway) -> None:
    """The job with its outputs stays as it is."""
    job = gateway.run("nano-banana-pro")

    late, unknown = cancel(gateway, job), cancel(gateway, {"id": "gw_none"})

    assert (late.status_code, late.json()["error"]["code"]) == (409, "too_late")
    assert unknown.status_code == 404
    assert gateway.get(f"/v1/jobs/{job['id']}").json()["status"] == "succeeded"


def test_one_idempotency_key_is_one_job(gateway: Gateway) -> None:
    """Five calls at once and one after the end get the same job; another body with that key is refused."""
    body, headers = (
        {"prompt": "a lighthouse"},
        {"idempotency-key": f"order {time.time()}", "prefer": "wait=0"},
    )
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: gateway.post("/v1/nano-banana-pro", body, **headers), range(5)))
    ended = gateway.ended(answers[0].json())

    again = gateway.post("/v1/nano-banana-pro", body, **headers)
    other = gateway.post("/v1/nano-banana-pro", {"prompt": "a harbour"}, **headers)

    assert {answer.json()["id"] for answer in answers} == {ended["id"]}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert (again.status_code, again.json()["id"]) == (200, ended["id"])
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert gateway.starts() == ["google"]


def cancel(gateway: Gateway, job: dict[str, Any]) -> httpx.Response:
    """Take a job back."""
    headers = {"authorization": f"Bearer {gateway.stack.api_key}"}
    return gateway.http.delete(f"{gateway.stack.base_url}/v1/jobs/{job['id']}", headers=headers)


def last_attempt(gateway: Gateway, job: dict[str, Any]) -> dict[str, Any] | None:
    """Read how a job's last attempt stands."""
    attempts = gateway.get(f"/v1/jobs/{job['id']}").json()["attempts"]
    return attempts[-1] if attempts else None


def execution(gateway: Gateway, job: dict[str, Any]) -> str:
    """Read how a job's workflow stands."""
    arn = gateway.stack.outputs["Workflow"].replace(":stateMachine:", ":execution:")
    found = gateway.stack.cloud.client("stepfunctions").describe_execution(executionArn=f"{arn}:{job['id']}")
    return str(found["status"])

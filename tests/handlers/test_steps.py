"""The workflow's steps: an event with ids goes in, an outcome that the machine chooses on comes out."""

import importlib
import json
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from gateway.domain.job import moved, with_attempt
from tests.cloud import client
from tests.handlers.test_api import call

SECRETLESS = {"model": "fal/fal-ai/flux/dev", "input": {"prompt": "x"}}


@pytest.fixture
def ids(api: ModuleType) -> dict[str, str]:
    """A new job's ids; its only target has no key here, so nothing leaves this machine."""
    job = call(api, "POST", "/v1/jobs", SECRETLESS, {"prefer": "respond-async"})[1]
    return {"tenant": "acme", "job": job["id"]}


def step(name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Run a step's function."""
    answer: dict[str, Any] = importlib.import_module(f"gateway.handlers.{name}").handler(event, None)
    return answer


def test_route_answers_with_a_slot_that_the_machine_can_wait_for(ids: dict[str, str]) -> None:
    """A timestamp, a provider's queue, how long to wait for the worker, until when to look after it."""
    slot = step("route", ids)

    assert slot.keys() == {"outcome", "attempt", "at", "provider", "timeout_s", "until_ms"}
    assert (slot["outcome"], slot["attempt"], slot["provider"]) == ("go", 1, "fal")
    assert slot["at"].endswith("Z")


def test_a_start_without_a_key_ends_the_chain_with_that_reason(ids: dict[str, str], api: ModuleType) -> None:
    """Route, start, route, settle: the job fails and names the secret that is missing."""
    step("route", ids)
    message = {**ids, "attempt": 1, "token": "nobody waits"}

    returned = step("start", {"Records": [{"messageId": "m", "body": json.dumps(message)}]})

    assert returned == {"batchItemFailures": []}
    assert step("route", ids) == {"outcome": "end"}
    assert step("settle", ids) == {"status": "failed"}
    job = call(api, "GET", f"/v1/jobs/{ids['job']}")[1]
    assert "run `sluice secrets set fal`" in job["error"]["message"]


def test_a_start_under_lease_goes_back_to_the_queue(ids: dict[str, str], api: ModuleType) -> None:
    """Another worker holds it: SQS brings the message again later."""
    step("route", ids)
    jobs = api._ports.jobs
    job = jobs.get("acme", ids["job"])
    held = replace(job.attempt, status="starting", lease_until=4_000_000_000)
    jobs.save(with_attempt(moved(job, "start", 1.0), held))
    message = {**ids, "attempt": 1, "token": "t"}

    returned = step("start", {"Records": [{"messageId": "m", "body": json.dumps(message)}]})

    assert returned == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def test_settling_a_lost_job_sets_its_webhook_going(api: ModuleType, deployed: dict[str, str]) -> None:
    """Under a name of its own, so that settling twice tells once; then the mark is gone."""
    body = {**SECRETLESS, "webhook_url": "https://hooks.example.com/hook"}
    job = call(api, "POST", "/v1/jobs", body, {"prefer": "respond-async"})[1]
    ids = {"tenant": "acme", "job": job["id"]}

    for _ in range(2):
        assert step("settle", {**ids, "lost": True}) == {"status": "failed"}

    assert begun(deployed, job["id"]) == [f"{job['id']}-url"]
    assert not api._ports.jobs.get("acme", job["id"]).untold


def test_a_canceled_jobs_webhook_is_told_at_once(api: ModuleType, deployed: dict[str, str]) -> None:
    """The cancel sets it going; each step of the workflow that comes later finds the end."""
    body = {**SECRETLESS, "webhook_url": "https://example.com/hook"}
    job = call(api, "POST", "/v1/jobs", body, {"prefer": "respond-async"})[1]
    ids = {"tenant": "acme", "job": job["id"]}
    step("route", ids)
    call(api, "DELETE", f"/v1/jobs/{job['id']}")
    assert begun(deployed, job["id"]) == [f"{job['id']}-url"]
    message = {**ids, "attempt": 1, "token": "nobody waits"}

    assert step("route", ids) == {"outcome": "end"}
    assert step("start", {"Records": [{"messageId": "m", "body": json.dumps(message)}]}) == {
        "batchItemFailures": []
    }
    assert step("check", {**ids, "attempt": 1})["outcome"] == "fail"
    assert step("deliver", {**ids, "attempt": 1})["outcome"] == "delivered"
    assert step("settle", ids) == {"status": "canceled"}


def begun(deployed: dict[str, str], job_id: str) -> list[str]:
    """List the deliveries of a job that were set going."""
    found = client("stepfunctions").list_executions(stateMachineArn=deployed["COURIER"])
    return [each["name"] for each in found["executions"] if each["name"].startswith(job_id)]


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/hook", "https://gw.example.com/v1/jobs"])
def test_a_webhook_to_a_private_address_or_to_ourselves_is_refused_at_once(api: ModuleType, url: str) -> None:
    """Loopback too, where the setting of the local target is absent; the answer names the field."""
    status, answer, _ = call(api, "POST", "/v1/jobs", {**SECRETLESS, "webhook_url": url}, {})

    assert (status, answer["error"]["code"], answer["error"]["param"]) == (400, "invalid_url", "webhook_url")


def test_a_delivery_leaves_the_rest_to_the_next_call_in_time(ids: dict[str, str], api: ModuleType) -> None:
    """A minute before its function's end nothing is begun any more; the workflow calls it again."""
    step("route", ids)
    jobs = api._ports.jobs
    job = jobs.get("acme", ids["job"])
    waits = replace(job.attempt, status="succeeded", sources=(("https://files.example.com/a.png", False),))
    jobs.save(with_attempt(moved(moved(job, "start", 1.0), "deliver", 2.0), waits))

    deliver = importlib.import_module("gateway.handlers.deliver")

    assert deliver.handler({**ids, "attempt": 1}, _Context(59_000)) == {"outcome": "done", "after_s": 1}


class _Context:
    """What Lambda tells of a call."""

    def __init__(self, left_ms: int) -> None:
        self._left_ms = left_ms

    def get_remaining_time_in_millis(self) -> int:
        """Tell how long it may still take."""
        return self._left_ms

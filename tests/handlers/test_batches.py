"""Batches by their calls and their steps, over an AWS in memory."""

import importlib
import json
from types import ModuleType
from typing import Any

import pytest

from tests.cloud import client
from tests.handlers.test_api import call, event
from tests.handlers.test_steps import step
from tests.handlers.test_sweep import event_of

LINE = {"model": "fal/fal-ai/flux/dev", "input": {"prompt": "x"}}


def ids_of(batch: dict[str, Any]) -> dict[str, str]:
    """Return what its workflow is started with."""
    return {"tenant": "acme", "batch": batch["id"]}


def span_of(batch: dict[str, Any]) -> dict[str, Any]:
    """Survey a batch and return its only part."""
    surveyed = step("survey", ids_of(batch))
    assert surveyed["outcome"] == "go"
    text = client("s3").get_object(Bucket="artifacts", Key=surveyed["parts"])["Body"].read()
    span: dict[str, Any] = json.loads(text)
    return span


def test_a_batch_is_worked_off_and_its_reports_are_linked(api: ModuleType) -> None:
    """Accepted, one line invalid, one job under way and then ended; both reports redirect to the bucket."""
    lines = [{**LINE, "custom_id": "a"}, {"model": "nothing"}]
    status, batch, headers = call(api, "POST", "/v1/batches", {"requests": lines, "metadata": {"order": "7"}})
    given = {**ids_of(batch), "span": span_of(batch)}

    first = step("part", given)
    running = call(api, "GET", f"/v1/batches/{batch['id']}")[1]
    (line, _) = importlib.import_module("gateway.handlers.part")._desk.batches.part(batch["id"], 0).lines
    step("settle", {"tenant": "acme", "job": line.job, "lost": True})
    again = step("part", given)
    done = step("report", ids_of(batch))
    ended = call(api, "GET", f"/v1/batches/{batch['id']}")[1]

    assert (status, batch["status"], batch["counts"]["total"]) == (202, "validating", 2)
    assert headers["location"] == f"https://gw.example.com/v1/batches/{batch['id']}"
    assert (first["outcome"], first["after_s"], again["outcome"], done["outcome"]) == (
        "again",
        2,
        "done",
        "done",
    )
    assert (running["status"], running["counts"]["running"], running["counts"]["invalid"]) == (
        "running",
        1,
        1,
    )
    assert (ended["status"], ended["counts"]["failed"], ended["metadata"]) == ("completed", 1, {"order": "7"})
    for name in ("results", "failures"):
        link = ended[f"{name}_url"].removeprefix("https://gw.example.com")
        answer = api.handler({"httpMethod": "GET", "path": link, "requestContext": {}}, None)
        assert f"/r30/acme/{batch['id']}/{name}.jsonl?" in answer["headers"]["location"]
    assert step("part", given)["outcome"] == "done"
    assert step("survey", ids_of(batch))["outcome"] == "end"


def test_a_batch_is_listed_and_canceled(api: ModuleType) -> None:
    """Newest first, a page at a time; a reading key cancels nothing."""
    made = [call(api, "POST", "/v1/batches", {"requests": [LINE]})[1]["id"] for _ in range(3)]
    path = f"/v1/batches/{made[0]}"

    page = api.handler({**event("GET", "/v1/batches"), "queryStringParameters": {"limit": "2"}}, None)
    reading = call(api, "DELETE", path, scopes="read")[0]
    status, canceled, _ = call(api, "DELETE", path)

    document = json.loads(page["body"])
    assert ([each["id"] for each in document["data"]], document["has_more"]) == (made[:0:-1], True)
    assert (reading, status, canceled["status"]) == (403, 202, "finalizing")
    assert canceled["canceled_at"] is not None
    assert call(api, "GET", path, tenant="other")[1]["error"]["code"] == "batch_not_found"


def test_a_page_that_cannot_be_meant_is_refused(api: ModuleType) -> None:
    """400, and the error names the parameter."""
    answer = api.handler({**event("GET", "/v1/batches"), "queryStringParameters": {"limit": "0"}}, None)

    assert answer["statusCode"] == 400
    assert '"param":"limit"' in answer["body"]


def test_a_repeated_call_gets_the_same_batch(api: ModuleType) -> None:
    """And is told so."""
    headers, body = {"idempotency-key": "batch 1"}, {"requests": [LINE]}

    first, again = (call(api, "POST", "/v1/batches", body, headers) for _ in range(2))

    assert (again[1]["id"], again[2]["idempotency-replayed"]) == (first[1]["id"], "true")


@pytest.mark.parametrize(("status", "done"), [("FAILED", "validating"), ("ABORTED", "failed")])
def test_a_broken_execution_is_seen(api: ModuleType, status: str, done: str) -> None:
    """One that failed is followed by another; one that was stopped ends its batch."""
    batch = call(api, "POST", "/v1/batches", {"requests": [LINE]})[1]

    importlib.import_module("gateway.handlers.sweep").handler(
        event_of(batch["id"], ids_of(batch), status), None
    )

    assert call(api, "GET", f"/v1/batches/{batch['id']}")[1]["status"] == done

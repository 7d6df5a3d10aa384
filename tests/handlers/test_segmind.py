"""Segmind's calls before any provider is asked: which dialect a call is in, errors, the queue, the lists."""

import base64
import json
from dataclasses import replace
from types import ModuleType

from gateway.domain.job import Artifact, moved
from gateway.flow.settle import settle
from tests.builders import a_png
from tests.handlers.test_api import call, event

KEY = {"x-api-key": "sk-sluice-x"}


def test_the_header_of_the_key_chooses_the_dialect(api: ModuleType) -> None:
    """Errors are one sentence for who has it in x-api-key, and in our form for who has a bearer."""
    segmind = call(api, "POST", "/v1/veo-9", {}, KEY)
    native = call(api, "POST", "/v1/veo-9", {}, {**KEY, "authorization": "Bearer sk-sluice-x"})

    assert (segmind[0], native[0]) == (404, 404)
    assert segmind[1]["error"].startswith("unknown model 'veo-9'.")
    assert native[1]["error"]["code"] == "model_not_found"


def test_our_own_paths_stay_ours_whatever_header_has_the_key(api: ModuleType) -> None:
    """A job is made of a body, not of the slug `jobs`."""
    status, document, _ = call(api, "POST", "/v1/jobs", {"model": "veo-9"}, KEY)

    assert (status, document["error"]["code"]) == (404, "model_not_found")


def test_a_request_is_queued_looked_at_and_fails(api: ModuleType) -> None:
    """What failed is a 422 that still says so; both URLs are those that the submit told."""
    status, made, headers = call(api, "POST", "/v2/veo-3.1", {"prompt": "x", "seed": -1}, KEY)
    at = made["status_url"].removeprefix("https://gw.example.com")

    queued = call(api, "GET", at, None, KEY)
    settle(api._ports, api._ports.jobs.get("acme", made["request_id"]), lost=True)
    failed = call(api, "GET", at, None, KEY)
    result = call(api, "GET", made["response_url"].removeprefix("https://gw.example.com"), None, KEY)

    assert (status, made["status"], headers["x-sluice-job"]) == (200, "QUEUED", made["request_id"])
    assert (queued[0], queued[1]["status"]) == (200, "QUEUED")
    assert (failed[0], failed[1]["status"], result[0]) == (422, "FAILED", 422)
    assert failed[1]["error"] == result[1]["error"]


def test_a_flow_is_a_model_of_its_name(api: ModuleType) -> None:
    """Queued, looked at where the answer says, and failed with a 200, which its SDK reads on from."""
    status, begun, _ = call(api, "POST", "/workflows/veo-3.1", {"prompt": "x"}, KEY)
    at = begun["poll_url"].removeprefix("https://gw.example.com")

    queued = call(api, "GET", at, None, KEY)
    settle(api._ports, api._ports.jobs.get("acme", begun["request_id"]), lost=True)
    failed = call(api, "GET", at, None, KEY)

    assert (status, begun["status"], at) == (200, "QUEUED", f"/workflows/request/{begun['request_id']}")
    assert (queued[0], queued[1]["status"], queued[1]["output"]) == (200, "QUEUED", "")
    assert (failed[0], failed[1]["status"]) == (200, "FAILED")
    assert failed[1]["error_message"]["message"]


def test_what_a_flow_made_has_names_and_kinds(api: ModuleType) -> None:
    """Links that work without a key."""
    headers = {**KEY, "idempotency-key": "flow"}
    request = _accepted(api, headers)
    _succeed(api, request, Artifact("r30/acme/j3/0.mp4", "video/mp4", 5, "s"))

    (only,) = call(api, "GET", f"/workflows/request/{request}", None, KEY)[1]["output"]

    assert (only["keyname"], only["value"]["type"]) == ("output_1", "video")
    assert only["value"]["data"].startswith("https://gw.example.com/v1/files/")


def test_nothing_is_trained_here(api: ModuleType) -> None:
    """Whoever tries is told in one sentence what to do instead."""
    for method, name in (("POST", "submit"), ("GET", "list"), ("PUT", "access-update")):
        status, document, _ = call(api, method, f"/finetune/request/{name}", None, KEY)

        assert status == 404
        assert document["error"].startswith(f"finetune '{name}': models are not trained here")


def test_a_request_of_another_tenant_is_not_found(api: ModuleType) -> None:
    """In the words that the SDK's users know."""
    request = call(api, "POST", "/v2/veo-3.1", {"prompt": "x"}, KEY)[1]["request_id"]

    found = call(api, "GET", f"/v2/requests/{request}/status", None, KEY, tenant="other")

    assert found[:2] == (404, {"error": f"Request {request} not found"})


def test_a_file_that_no_answer_can_carry_is_told_with_its_link(api: ModuleType) -> None:
    """The job is paid for: the error leads to its file."""
    headers = {**KEY, "idempotency-key": "large"}
    request = _accepted(api, headers)
    _succeed(api, request, Artifact("r30/acme/j/0.mp4", "video/mp4", 5_000_000, "s"))

    status, document, said = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, headers)

    assert (status, said["x-request-id"]) == (413, request)
    assert "5000000 bytes" in document["error"]
    assert "https://gw.example.com/v1/files/" in document["error"]


def test_a_finished_file_comes_as_it_is(api: ModuleType) -> None:
    """Raw bytes with the file's own type, and what it cost beside them."""
    headers = {**KEY, "idempotency-key": "small"}
    request = _accepted(api, headers)
    api._ports.artifacts.put("r30/acme/j2/0.mp4", "video/mp4", b"\x00film")
    _succeed(api, request, Artifact("r30/acme/j2/0.mp4", "video/mp4", 5, "s"))

    answer = api.handler(event("POST", "/v1/veo-3.1", {"prompt": "x"}, headers), None)

    assert (answer["statusCode"], answer["isBase64Encoded"], answer["body"]) == (200, True, "AGZpbG0=")
    assert answer["headers"]["content-type"] == "video/mp4"
    assert answer["headers"]["x-request-id"] == request
    assert answer["headers"]["idempotency-replayed"] == "true"


def test_requests_are_listed_with_what_they_cost_and_why_they_failed(api: ModuleType) -> None:
    """The newest first, those of one's own tenant alone; one is found by its id."""
    known = {"tenant": "listed"}
    first, second = (
        call(api, "POST", "/v2/veo-3.1", {"prompt": text}, KEY, **known)[1]["request_id"] for text in "ab"
    )
    settle(api._ports, api._ports.jobs.get("listed", first), lost=True)

    listed = call(api, "GET", "/inference-request/request-history", None, KEY, **known)[1]
    alone = call(api, "GET", f"/inference-request/request-history/{first}", None, KEY, **known)[1]

    assert [row["request_id"] for row in listed["data"]] == [second, first]
    assert [row["model_status"] for row in listed["data"]] == ["PENDING", "FAILED"]
    assert (listed["total"], listed["data"][1]) == (2, alone)
    assert (alone["prompt"], alone["credits_deduction"]) == ("a", 0)
    assert alone["error"]


def test_a_filter_that_cannot_be_meant_is_refused(api: ModuleType) -> None:
    """400, and the sentence names it."""
    asked = event("GET", "/inference-request/request-history", None, KEY)

    answer = api.handler(asked | {"queryStringParameters": {"from_date": "yesterday"}}, None)

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"].startswith("from_date: must be a day")


def test_what_is_left_of_an_allowance_is_told_as_credits(api: ModuleType) -> None:
    """Who has no allowance is told in the words that Segmind has for it."""
    pro = call(api, "GET", "/v1/get-user-credits", None, KEY)
    other = call(api, "GET", "/v1/get-user-credits", None, KEY, tier="unlimited")

    assert pro[:2] == (200, {"credits": 150.0})
    assert other[:2] == (404, {"error": "No credits found for the user"})


def test_a_file_comes_as_a_data_url_and_is_an_input_then(api: ModuleType) -> None:
    """Its link is one of ours; what is no media file is refused."""
    data = f"data:image/png;base64,{base64.b64encode(a_png()).decode()}"

    url = call(api, "POST", "/upload-asset", {"data_urls": [data]}, KEY)[1]["file_urls"][0]
    started = call(api, "POST", "/v2/veo-3.1", {"prompt": "x", "image": url}, KEY)
    refused = call(api, "POST", "/upload-asset", {"data_urls": ["data:image/png;base64,aGk="]}, KEY)

    assert started[0] == 200, started
    assert (refused[0], refused[1]["error"].partition(":")[0]) == (400, "data_urls[0]")


def test_a_webhook_is_registered_changed_and_taken_away(api: ModuleType) -> None:
    """By who may administer; the secret is shown once."""
    wanted = {"webhook_url": "https://hooks.example.com/a", "event": {"types": ["PIXELFLOW"]}}
    known = {"scopes": "admin", "tenant": "hooked"}

    refused = call(api, "POST", "/webhook/add", wanted, KEY)
    made = call(api, "POST", "/webhook/add", wanted, KEY, **known)[1]
    changed = call(
        api, "POST", "/webhook/update", {**wanted, "webhook_id": made["webhook_id"],
                                         "event": {"types": ["job.failed"]}}, KEY, **known
    )[1]  # fmt: skip
    asked = {"queryStringParameters": {"webhook_id": made["webhook_id"]}}
    gone = api.handler(event("GET", "/webhook/inactive", None, KEY, **known) | asked, None)

    assert (refused[0], made["event"], changed["event"]) == (403, {"types": ["*"]}, {"types": ["job.failed"]})
    assert made["secret"].startswith("whsec_")
    assert "secret" not in changed
    assert gone["statusCode"] == 200
    assert call(api, "GET", "/webhook/get", None, KEY, **known)[1] == {"webhooks": []}


def _accepted(api: ModuleType, headers: dict[str, str]) -> str:
    """Make a job by the call that is sent again later, without waiting for it."""
    ours = {**headers, "authorization": "Bearer sk-sluice-x", "prefer": "respond-async"}
    return str(call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, ours)[1]["id"])


def _succeed(api: ModuleType, request: str, output: Artifact) -> None:
    job = api._ports.jobs.get("acme", request)
    for step in ("start", "deliver", "succeed"):
        job = moved(job, step, job.created_at + 1)
    api._ports.jobs.save(replace(job, outputs=(output,)))

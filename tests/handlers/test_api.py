"""What callers see of the API before any provider is asked: answers, errors, headers, and nothing stored."""

import base64
import importlib
import json
from types import ModuleType
from typing import Any

import pytest

from gateway.flow.settle import settle
from tests.cloud import client

CALLER = {"id": "key_1", "tenant": "acme", "tier": "pro", "scopes": "submit read"}


def event(
    method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **known: str
) -> dict[str, Any]:
    """Make an event of API Gateway's proxy integration."""
    return {
        "httpMethod": method,
        "path": path,
        "resource": path,
        "headers": headers or {},
        "body": body if isinstance(body, str | None) else json.dumps(body),
        "requestContext": {"authorizer": {**CALLER, **known}, "domainName": "x", "stage": "sluice"},
    }


def call(api: ModuleType, *args: Any, **kwargs: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Send a request; return status, document and headers."""
    answer = api.handler(event(*args, **kwargs), None)
    return answer["statusCode"], json.loads(answer["body"] or "null"), answer["headers"]


BAD = {
    "bad json": ("/v1/veo-3.1", "{not json", 400, "invalid_json"),
    "too deep": ("/v1/veo-3.1", "[" * 200_000, 400, "invalid_json"),
    "no object": ("/v1/veo-3.1", "[1]", 400, "invalid_json"),
    "no body": ("/v1/veo-3.1", None, 400, "invalid_json"),
    "too large": ("/v1/veo-3.1", json.dumps({"prompt": "x" * 300_000}), 413, "body_too_large"),
    "unknown model": ("/v1/veo-9", "{}", 404, "model_not_found"),
    "unknown parameter": ("/v1/veo-3.1", '{"prompt": "x", "lenght": 3}', 400, "unknown_parameter"),
    "missing prompt": ("/v1/veo-3.1", "{}", 400, "missing_parameter"),
    "job without model": ("/v1/jobs", '{"input": {"prompt": "x"}}', 400, "missing_parameter"),
    "job with stray field": ("/v1/jobs", '{"model": "veo-3.1", "prompt": "x"}', 400, "unknown_parameter"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_a_clear_4xx_and_stores_nothing(api: ModuleType, case: str) -> None:
    """The error form is the same everywhere, and the jobs table stays as it was."""
    path, body, status, code = BAD[case]
    before = client("dynamodb").scan(TableName="jobs")["Count"]

    answered, document, _ = call(api, "POST", path, body)

    assert (answered, document["error"]["code"]) == (status, code)
    assert document["error"].keys() == {"code", "message", "type", "param", "retryable", "job_id"}
    assert client("dynamodb").scan(TableName="jobs")["Count"] == before


def test_a_body_may_come_in_base64(api: ModuleType) -> None:
    """As API Gateway hands it on; the limit is of what the caller sent."""
    text = json.dumps({"prompt": "x" * 200_000, "lenght": 3})
    coded = event("POST", "/v1/veo-3.1", base64.b64encode(text.encode()).decode()) | {"isBase64Encoded": True}

    answer = api.handler(coded, None)

    assert json.loads(answer["body"])["error"]["code"] == "unknown_parameter"


def test_an_accepted_job_says_where_to_look(api: ModuleType) -> None:
    """202 with the job, its id in the header, and where to poll."""
    status, job, headers = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"Prefer": "respond-async"})

    assert (status, job["status"]) == (202, "queued")
    assert headers["location"] == f"https://gw.example.com/v1/jobs/{job['id']}"
    assert headers["x-sluice-job"] == job["id"]
    assert headers["x-sluice-plan"].startswith("sha256:")


def test_a_job_is_read_back_by_its_tenant_alone(api: ModuleType) -> None:
    """The same path under another tenant's key is a 404."""
    job = call(
        api, "POST", "/v1/jobs", {"model": "veo-3.1", "input": {"prompt": "x"}}, {"prefer": "respond-async"}
    )[1]

    assert call(api, "GET", f"/v1/jobs/{job['id']}")[1]["id"] == job["id"]
    assert call(api, "GET", f"/v1/jobs/{job['id']}", tenant="other")[0] == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/veo-3.1"), ("DELETE", "/v1/jobs/gw_1")])
def test_a_key_without_the_scope_is_refused(api: ModuleType, method: str, path: str) -> None:
    """A reading key starts nothing, and cancels nothing."""
    status, document, _ = call(api, method, path, {"prompt": "x"}, scopes="read")

    assert (status, document["error"]["code"]) == (403, "not_allowed")


def test_a_job_is_canceled_and_twice_is_once(api: ModuleType) -> None:
    """200 with the canceled job both times; a stranger's is not found."""
    job = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"prefer": "respond-async"})[1]
    path = f"/v1/jobs/{job['id']}"

    stranger = call(api, "DELETE", path, tenant="other")[0]
    status, canceled, headers = call(api, "DELETE", path)

    assert (stranger, status, canceled["status"], canceled["error"]) == (404, 200, "canceled", None)
    assert headers["x-sluice-cost-usd"] == "0.000000"
    assert call(api, "DELETE", path)[:2] == (200, canceled)


def test_a_job_that_failed_is_too_late_to_cancel(api: ModuleType) -> None:
    """409, and the error names the job."""
    job = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"prefer": "respond-async"})[1]
    settle(api._ports, api._ports.jobs.get("acme", job["id"]), lost=True)

    status, document, _ = call(api, "DELETE", f"/v1/jobs/{job['id']}")

    assert (status, document["error"]["code"]) == (409, "too_late")
    assert document["error"]["job_id"] == job["id"]


def test_a_repeated_call_gets_the_same_job_and_is_told_so(api: ModuleType) -> None:
    """The same text on another body is a 409; without the header there are two jobs."""
    body, headers = {"prompt": "x"}, {"Idempotency-Key": "order 7", "prefer": "respond-async"}

    first, again = (call(api, "POST", "/v1/veo-3.1", body, headers) for _ in range(2))
    other = call(api, "POST", "/v1/veo-3.1", {"prompt": "y"}, headers)

    assert (first[0], again[0], again[1]["id"]) == (202, 202, first[1]["id"])
    assert "idempotency-replayed" not in first[2]
    assert again[2]["idempotency-replayed"] == "true"
    assert (other[0], other[1]["error"]["code"]) == (409, "idempotency_conflict")


def test_a_refused_call_may_be_sent_again_with_its_key(api: ModuleType) -> None:
    """A mistake stores nothing, so the mended call is not another body."""
    headers = {"idempotency-key": "order 8", "prefer": "respond-async"}

    refused = call(api, "POST", "/v1/veo-3.1", {"prompt": "x", "lenght": 3}, headers)[0]
    status, _, answered = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, headers)

    assert (refused, status) == (400, 202)
    assert "idempotency-replayed" not in answered


@pytest.mark.parametrize(("name", "value"), [("prefer", "wait=soon"), ("idempotency-key", "x" * 256)])
def test_a_header_that_cannot_be_meant_is_refused(api: ModuleType, name: str, value: str) -> None:
    """400, and the error names the header."""
    status, document, _ = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {name: value})

    assert (status, document["error"]["code"]) == (400, "invalid_header")
    assert document["error"]["param"].lower() == name


def test_a_preference_that_was_carried_out_is_told(api: ModuleType) -> None:
    """An answer without a preference has no such header."""
    asked = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"Prefer": "respond-async, wait=3"})[2]
    unasked = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"})[2]

    assert (asked["preference-applied"], "preference-applied" in unasked) == ("respond-async", False)


def test_models_are_listed_with_parameters_and_prices(api: ModuleType) -> None:
    """OpenAI's list shape, plus what a caller must know."""
    models = {model["id"]: model for model in call(api, "GET", "/v1/models")[1]["data"]}

    veo = models["veo-3.1"]
    assert veo["parameters"]["duration"]["enum"] == [4, 6, 8]
    assert {"provider", "meter", "unit_usd", "when", "as_of", "source"} == veo["pricing"][0].keys()
    assert models["seedance-2.0"]["operations"] == ["text_to_video", "image_to_video"]
    assert models["elevenlabs/eleven_text_to_sound_v2"]["pricing"] == "unpriced"


def test_a_model_name_with_slashes_is_one_name(api: ModuleType) -> None:
    """`<provider>/<model>` works in the path, plain or escaped."""
    plain = call(api, "GET", "/v1/models/google/veo-3.1-generate-001")[1]
    escaped = call(api, "GET", "/v1/models/google%2Fveo-3.1-generate-001")[1]

    assert plain["id"] == escaped["id"] == "google/veo-3.1-generate-001"


def test_a_forged_link_is_refused_and_a_signed_one_redirects(api: ModuleType) -> None:
    """The link's signature is the permission."""
    from gateway.domain import link

    good = link.sign("r30/acme/j/1/0.png", 4_000_000_000, b"a link secret")

    assert call(api, "GET", f"/v1/files/{good[:-2]}xx")[0] == 403
    answer = api.handler(event("GET", f"/v1/files/{good}"), None)
    assert answer["statusCode"] == 302
    assert "/r30/acme/j/1/0.png?X-Amz-Algorithm" in answer["headers"]["location"]


def test_an_unknown_path_says_where_to_look(api: ModuleType) -> None:
    """GET on a model is not a call."""
    status, document, _ = call(api, "GET", "/v1/nonsense")

    assert (status, document["error"]["code"]) == (404, "path_not_found")


def test_health_and_openapi_need_no_key(api: ModuleType) -> None:
    """Both answer without an authorizer's context."""
    assert (
        api.handler({"httpMethod": "GET", "path": "/health", "requestContext": {}}, None)["statusCode"] == 200
    )
    assert call(api, "GET", "/openapi.json")[1]["openapi"] == "3.1.0"


def test_the_authorizer_knows_a_key_in_either_header(deployed: dict[str, str], key: str) -> None:
    """Bearer for OpenAI's clients, x-api-key for Segmind's."""
    authorize = importlib.import_module("gateway.handlers.authorize")
    arn = "arn:aws:execute-api:us-east-1:1:api/sluice/POST/v1/veo-3.1"

    for headers in ({"Authorization": f"Bearer {key}"}, {"X-Api-Key": key}):
        allowed = authorize.handler({"methodArn": arn, "headers": headers}, None)
        assert allowed["context"]["tenant"] == "acme"
        assert allowed["policyDocument"]["Statement"][0]["Resource"].endswith("api/sluice/*")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer sk-sluice-wrong"}, {"Authorization": "Basic x"}]
)
def test_the_authorizer_refuses_what_it_does_not_know(
    deployed: dict[str, str], headers: dict[str, str]
) -> None:
    """The word that API Gateway turns into a 401."""
    authorize = importlib.import_module("gateway.handlers.authorize")

    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize.handler({"methodArn": "arn:x/sluice/GET/v1", "headers": headers}, None)


def test_a_tiers_minute_is_told_on_every_generation_and_then_refused(api: ModuleType) -> None:
    """Ten a minute on the free tier: the headers count down, the eleventh is told when to come back."""
    caller = {"id": "key_free", "tier": "free"}
    answers = []
    for _ in range(11):
        answers.append(
            call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"prefer": "respond-async"}, **caller)
        )
        if job_id := answers[-1][1].get("id"):
            settle(api._ports, api._ports.jobs.get("acme", job_id), lost=True)

    assert [headers["ratelimit-remaining"] for _, _, headers in answers[:10]] == [
        str(n) for n in range(9, -1, -1)
    ]
    status, document, headers = answers[10]
    assert (status, document["error"]["code"]) == (429, "rate_limited")
    assert 1 <= int(headers["retry-after"]) <= 6


def test_reading_does_not_count(api: ModuleType) -> None:
    """Polls and lists are free of the minute's count."""
    caller = {"id": "key_reader", "tier": "free"}

    statuses = {call(api, "GET", "/v1/models/veo-3.1", **caller)[0] for _ in range(15)}

    assert statuses == {200}


def test_the_health_of_targets_is_shown(api: ModuleType) -> None:
    """Each target with its circuit."""
    lines = call(api, "GET", "/v1/health/providers")[1]["data"]

    assert {"provider", "model", "region", "circuit", "next_probe_at"} == lines[0].keys()
    assert {line["circuit"] for line in lines} == {"closed"}


def test_a_replay_needs_no_body_and_names_what_it_replays(api: ModuleType) -> None:
    """202 with a new job; the same key again gets the same one; fields that are pinned are refused."""
    job = call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"prefer": "respond-async"})[1]
    path, headers = f"/v1/jobs/{job['id']}/replay", {"prefer": "respond-async", "idempotency-key": "again 1"}

    early = call(api, "POST", path, None, headers)
    settle(api._ports, api._ports.jobs.get("acme", job["id"]), lost=True)
    first, second = (call(api, "POST", path, None, headers) for _ in range(2))
    pinned = call(api, "POST", path, {"region": "eu"})

    assert (early[0], early[1]["error"]["code"]) == (409, "not_ended")
    assert (first[0], first[1]["replay_of"], first[1]["seed"]) == (202, job["id"], job["seed"])
    assert (second[1]["id"], second[2]["idempotency-replayed"]) == (first[1]["id"], "true")
    assert (pinned[0], pinned[1]["error"]["param"]) == (400, "region")


def test_models_are_narrowed_to_what_is_looked_for(api: ModuleType) -> None:
    """By operation, provider, modality and the price of a usual call; what has no price is then left out."""
    cheap = {"provider": "fal", "modality": "image", "max_usd": "0.03"}

    found = listed(api, **cheap)["data"]

    assert {"fal/fal-ai/flux/dev"} <= {model["id"] for model in found}
    assert {model["modality"] for model in found} == {"image"}
    assert all(float(model["usual_usd"]) <= 0.03 for model in found)
    assert all("speech" in m["operations"] for m in listed(api, operation="speech")["data"])


def test_a_list_of_thousands_comes_in_pages(api: ModuleType) -> None:
    """Names of routes.yaml first; a page goes on behind the last id of the one before; none comes twice."""
    whole = [model["id"] for model in listed(api)["data"]]
    first = listed(api, limit="600")
    rest = listed(api, limit="2000", after=first["last_id"])

    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [model["id"] for model in first["data"] + rest["data"]] == whole
    assert (whole[0], len(set(whole))) == ("nano-banana-pro", len(whole))


UNKNOWN = {
    "operation": "text_to_smell",
    "provider": "nobody",
    "modality": "smell",
    "max_usd": "cheap",
    "limit": "0",
    "after": "veo-99",
    "colour": "red",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_filter_that_nothing_has_is_a_clear_400(api: ModuleType, name: str) -> None:
    """The answer names it, and what would work."""
    refused = listed(api, **{name: UNKNOWN[name]})["error"]

    assert (refused["param"], refused["type"]) == (name, "invalid_request_error")


def listed(api: ModuleType, **query: str) -> dict[str, Any]:
    """Ask for the list of models."""
    answer = api.handler({**event("GET", "/v1/models"), "queryStringParameters": query or None}, None)
    assert answer["statusCode"] == (400 if "error" in answer["body"][:10] else 200)
    return json.loads(answer["body"])

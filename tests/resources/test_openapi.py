"""The document that callers get at /openapi.json."""

import json
from collections.abc import Iterator
from typing import Any

from gateway.domain.job import STATES
from infra.resources.openapi import public_document

DOCUMENT = public_document()


def test_document_is_json_of_openapi_3_1():
    assert json.loads(json.dumps(DOCUMENT))["openapi"] == "3.1.0"


def test_document_has_every_call_of_the_first_version():
    calls = {
        f"{method.upper()} {path}"
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "parameters"
    }

    assert calls == {
        "POST /v1/{model}",
        "POST /v1/jobs",
        "GET /v1/health/providers",
        "POST /v1/audio/transcriptions",
        "POST /v1/audio/translations",
        "GET /v1/webhook-secret",
        "POST /v1/webhook-secret",
        "GET /v1/jobs/{id}/deliveries",
        "POST /v1/jobs/{id}/redeliver",
        "GET /v1/admin/webhooks",
        "POST /v1/admin/webhooks",
        "GET /v1/admin/webhooks/{id}",
        "PATCH /v1/admin/webhooks/{id}",
        "DELETE /v1/admin/webhooks/{id}",
        "POST /v1/admin/webhooks/{id}/rotate",
        "GET /v1/admin/webhooks/{id}/deliveries",
        "GET /v1/jobs/{id}",
        "GET /v1/jobs/{id}/events",
        "DELETE /v1/jobs/{id}",
        "POST /v1/uploads",
        "POST /v1/images/generations",
        "POST /v1/images/edits",
        "POST /v1/audio/speech",
        "POST /v1/videos",
        "GET /v1/videos",
        "GET /v1/videos/{id}",
        "DELETE /v1/videos/{id}",
        "GET /v1/videos/{id}/content",
        "POST /v1/jobs/{id}/replay",
        "POST /v1/chat/completions",
        "POST /v1/embeddings",
        "POST /v1/responses",
        "POST /v1/batches",
        "GET /v1/batches",
        "GET /v1/batches/{id}",
        "DELETE /v1/batches/{id}",
        "GET /v1/files/{id}",
        "GET /v1/models",
        "GET /v1/models/{id}",
        "GET /health",
        "GET /v1/admin/destinations",
        "POST /v1/admin/destinations",
        "GET /v1/admin/destinations/{name}",
        "DELETE /v1/admin/destinations/{name}",
        "POST /v1/admin/destinations/{name}/verify",
        "POST /v2/{model}",
        "GET /v2/requests/{id}/status",
        "GET /v2/requests/{id}",
        "GET /v1/requests/{id}",
        "GET /v1/get-user-credits",
        "POST /upload-asset",
        "GET /inference-request/request-history",
        "GET /inference-request/request-history/{id}",
        "GET /inference-request/generations",
        "GET /inference-request/recent-generations",
        "GET /inference-model-information/list",
        "GET /api/auth/authenticate",
        "GET /webhook/get",
        "POST /webhook/add",
        "POST /webhook/update",
        "GET /webhook/inactive",
        "GET /webhook/dispatch-logs",
        "POST /workflows/{model}",
        "GET /workflows/request/{id}",
        "GET /finetune/request/{call}",
        "POST /finetune/request/{call}",
        "PUT /finetune/request/{call}",
    }


def test_every_reference_leads_somewhere():
    for reference in set(_references(DOCUMENT)):
        found: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_every_parameter_of_a_path_is_described():
    for path, item in DOCUMENT["paths"].items():
        declared = {p["name"] for p in item.get("parameters", []) if p["in"] == "path"}
        assert declared == {part.strip("{}") for part in path.split("/") if part.startswith("{")}


def test_every_event_of_a_job_is_described():
    stream = DOCUMENT["paths"]["/v1/jobs/{id}/events"]["get"]["responses"]["200"]["content"]
    told = {f"job.{state}" for state in STATES} | {"job.progress", "attempt.started", "attempt.failed"}

    assert set(stream["text/event-stream"]["x-events"]) == told


def test_either_header_may_have_the_key():
    assert DOCUMENT["security"] == [{"bearer": []}, {"key": []}]
    assert DOCUMENT["components"]["securitySchemes"]["key"]["name"] == "x-api-key"


def test_links_and_health_need_no_key():
    without = [path for path, item in DOCUMENT["paths"].items() if item.get("get", {}).get("security") == []]

    assert without == ["/v1/files/{id}", "/health"]

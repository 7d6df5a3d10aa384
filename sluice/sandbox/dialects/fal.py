"""fal: a queue in front of any model; what a model makes is read from its id.

The queue's host and the direct host (fal.run) share one prefix here: ``/fal/{app}`` is the queue,
``/fal/run/{app}`` answers directly.

Source: fal-client 1.0.3 (Python) and fal's documentation, read 2026-11-22.
"""

import json
import time
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from sluice.sandbox import signing
from sluice.sandbox.dialects.fal_model import order_of
from sluice.sandbox.job import Job, Jobs
from sluice.sandbox.wire import (
    Call,
    Callback,
    Dialect,
    Look,
    Refused,
    Reply,
    Submit,
    Trouble,
    TroubleKind,
    bearer,
    json_reply,
    media_url,
    need_job,
)

APP = r"/(?P<app>(?:(?:workflows|comfy)/)?[^/]+/[^/]+)"
REQUEST = APP + r"/requests/(?P<id>[^/]+)"

REQUEST_TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "unauthorized"),
    "bad_key": (401, "unauthorized"),
    "credit": (403, "exhausted_balance"),
    "forbidden": (403, "forbidden"),
    "not_found": (404, "not_found"),
    "expired": (404, "not_found"),
    "rate": (429, "rate_limited"),
    "concurrency": (429, "concurrent_requests_limit"),
    "unavailable": (503, "runner_scheduling_failure"),
    "timeout": (504, "request_timeout"),
}
"""Answers of the queue itself: ``detail`` is a text."""

MODEL_TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "invalid": (422, "value_error"),
    "moderation": (422, "content_policy_violation"),
    "internal": (500, "internal_server_error"),
}
"""Answers of a model: ``detail`` is a list that names the field."""


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if trouble.kind in MODEL_TROUBLES:
        status, kind = MODEL_TROUBLES[trouble.kind]
        if trouble.kind == "invalid" and trouble.param and trouble.param not in call.body:
            kind = "missing"
        detail = {
            "loc": ["body", *([trouble.param] if trouble.param else [])],
            "msg": trouble.message,
            "type": kind,
            "url": f"https://docs.fal.ai/errors#{kind}",
        }
        retryable = "true" if trouble.kind == "internal" else "false"
        headers = {"x-fal-retryable": retryable, "x-fal-request-id": call.params.get("id") or str(uuid4())}
        return json_reply(trouble.status or status, {"detail": [detail]}, headers)
    status, kind = REQUEST_TROUBLES[trouble.kind]
    return json_reply(
        trouble.status or status, {"detail": trouble.message, "error_type": kind}, {"x-fal-error-type": kind}
    )


def _submitted(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"status": "IN_QUEUE", "queue_position": 0, **_links(call, job)})


def _ran(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return _result_of(call, job, "moderated" if job.ending == "moderated" else "done", has_media=False)


def _status(call: Call, jobs: Jobs) -> Reply:
    job = _find(call, jobs)
    state = job.state(call.now)
    links = _links(call, job)
    if state in ("throttled", "queued"):
        ahead = sum(
            1 for other in jobs.unfinished(call.provider, call.now) if other.created_at < job.created_at
        )
        return json_reply(202, {"status": "IN_QUEUE", "queue_position": ahead, **links})
    logs = _logs(job) if call.query.get("logs", "").lower() in ("true", "1") else None
    if state == "running":
        return json_reply(202, {"status": "IN_PROGRESS", "logs": logs, **links})
    answer = {"status": "COMPLETED", "logs": logs, "metrics": {"inference_time": job.render_s}, **links}
    return json_reply(200, answer | _errors(call, job, state))


def _errors(call: Call, job: Job, state: str) -> dict[str, str]:
    """Name the failure of a run; its status and body are at the result's URL."""
    return {
        "failed": {"error": "Internal server error", "error_type": "internal_server_error"},
        "moderated": {"error": "Content policy violation", "error_type": "content_policy_violation"},
        "cancelled": {"error": "Request was cancelled", "error_type": "client_cancelled"},
    }.get(state, {})


def _result(call: Call, jobs: Jobs) -> Reply:
    job = _find(call, jobs)
    return _result_of(call, job, job.state(call.now), has_media=False)


def _result_of(call: Call, job: Job, state: str, *, has_media: bool) -> Reply:
    if state == "moderated":
        message = "The content could not be processed because it was flagged by a content checker."
        raise Refused(Trouble("moderation", message, "prompt"))
    if state == "failed":
        raise Refused(Trouble("internal", "The model failed to produce an output."))
    if state == "cancelled":
        answer = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
        return json_reply(499, answer, {"x-fal-error-type": "client_cancelled"})
    if state != "done":
        raise Refused(Trouble("invalid", "Request is still in progress", status=400))
    return json_reply(200, _output(call, job), {"x-fal-request-id": job.id}, has_media=has_media)


def _output(call: Call, job: Job) -> dict[str, object]:
    files = []
    for index, spec in enumerate(job.order.outputs):
        name = f"{job.id}-{index}.{spec.format}"
        sizes = {"width": spec.width_px, "height": spec.height_px} if spec.kind == "image" else {}
        link = media_url(call, job, index)
        files.append(
            {"url": link, "content_type": spec.content_type, "file_name": name, "file_size": None, **sizes}
        )
    first = job.order.outputs[0]
    if first.kind == "video":
        return {"video": files[0], "seed": first.seed}
    if first.kind == "audio":
        return {"audio": files[0]}
    facts = {"seed": first.seed, "prompt": first.text, "timings": {"inference": job.render_s}}
    return {"images": files, "has_nsfw_concepts": [False] * len(files), **facts}


def _called(call: Call, job: Job) -> dict[str, object]:
    told: dict[str, object] = {"request_id": job.id, "gateway_request_id": job.id}
    try:
        output = json.loads(_result_of(call, job, job.state(call.now), has_media=False).body)
    except Refused as refused:
        reply = _trouble(refused.trouble, call)
        error = f"Unexpected status code: {reply.status}"
        return told | {"status": "ERROR", "error": error, "payload": json.loads(reply.body)}
    return told | {"status": "OK", "error": None, "payload": output}


def _sign(call: Call, job: Job, body: bytes) -> dict[str, str]:
    names = [job.id, "sandbox", str(int(time.time()))]
    proof = signing.signed("\n".join([*names, sha256(body).hexdigest()]))
    titles = ("Request-Id", "User-Id", "Timestamp", "Signature")
    return {f"X-Fal-Webhook-{title}": value for title, value in zip(titles, [*names, proof], strict=True)}


def _public_keys(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, signing.public_keys())


def _cancel(call: Call, jobs: Jobs) -> Reply:
    job = _find(call, jobs)
    if not job.unfinished(call.now):
        return json_reply(400, {"status": "ALREADY_COMPLETED"})
    job.cancelled_at = call.now
    return json_reply(202, {"status": "CANCELLATION_REQUESTED"})


def _find(call: Call, jobs: Jobs) -> Job:
    job = need_job(call, jobs, call.params["id"])
    if _short(job.order.model) != call.params["app"]:
        raise Refused(Trouble("not_found", "Request not found"))
    return job


def _links(call: Call, job: Job) -> dict[str, str]:
    link = f"{call.base}/{_short(job.order.model)}/requests/{job.id}"
    return {
        "request_id": job.id,
        "response_url": link,
        "status_url": f"{link}/status",
        "cancel_url": f"{link}/cancel",
    }


def _short(app: str) -> str:
    """Drop the sub-path of an app id, as fal does after the submit."""
    parts = app.split("/")
    return "/".join(parts[: 3 if parts[0] in ("workflows", "comfy") else 2])


def _logs(job: Job) -> list[dict[str, str]]:
    at = datetime.fromtimestamp(job.start_at, UTC).isoformat()
    return [{"timestamp": at, "level": "INFO", "source": "USER", "message": "rendering"}]


def _key(call: Call) -> str | None:
    return bearer(call, "Key") or bearer(call)


DIALECT = Dialect(
    name="fal",
    key=_key,
    trouble=_trouble,
    throttles=True,
    callback=Callback(lambda call: call.query.get("fal_webhook"), _called, _sign, begins=lambda call: False),
    routes=(
        Look("GET", "/.well-known/jwks.json", _public_keys, public=True),
        Look("GET", REQUEST + "/status", _status),
        Look("GET", REQUEST, _result),
        Look("PUT", REQUEST + "/cancel", _cancel),
        Submit(r"/run/(?P<app>[^/]+/.+)", order_of, _ran, inline=True),
        Submit(r"/(?P<app>[^/]+/.+)", order_of, _submitted),
    ),
)

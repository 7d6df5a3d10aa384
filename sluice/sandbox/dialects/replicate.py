"""Replicate: predictions of any model; what a model makes is read from its name.

Official models have a path of their own, all others are named by ``version``. A prediction that is asked to
wait answers ``starting`` all the same, as Replicate does when the wait is over.

Source: replicate 1.0.7 (Python), read 2026-11-24.
"""

import re
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from sluice.sandbox import fields, signing
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.size import image_size, video_size
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

VIDEO = re.compile(r"video|veo|ray|kling|hailuo|seedance|wan")
LISTS = re.compile(
    r"/(flux-(dev|schnell|fill-dev)|sdxl|latent|dreamshaper|open-dalle|realvis|playground|material)"
)
"""Models whose output is a list, also when it holds one file."""

FORMATS = {"webp": "webp", "jpg": "jpeg", "png": "png"}
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "Unauthenticated"), "bad_key": (401, "Unauthenticated"),
    "credit": (402, "Insufficient credit"), "forbidden": (403, "Forbidden"), "not_found": (404, "Not found"),
    "expired": (404, "Not found"), "invalid": (422, "Input validation failed"),
    "moderation": (422, "Input validation failed"), "rate": (429, "Too many requests"),
    "concurrency": (429, "Too many requests"), "internal": (500, "Internal server error"),
    "unavailable": (503, "Service unavailable"), "timeout": (504, "Gateway timeout"),
}  # fmt: skip
"""Trouble to HTTP status and title."""

STATUSES = {"throttled": "starting", "queued": "starting", "running": "processing", "done": "succeeded",
            "failed": "failed", "moderated": "failed", "cancelled": "canceled"}  # fmt: skip
ERRORS = {
    "failed": "Prediction failed: the model raised an error",
    "moderated": "NSFW content detected. Try running it again, or try a different prompt.",
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, title = TROUBLES[trouble.kind]
    status = trouble.status or status
    answer: dict[str, object] = {"title": title, "detail": trouble.message, "status": status}
    if trouble.param:
        description = trouble.message
        answer["invalid_fields"] = [
            {"type": "required", "field": f"input.{trouble.param}", "description": description}
        ]
    if trouble.retry_after_s is not None:
        answer["detail"] = (
            f"Request was throttled. Expected available in {trouble.retry_after_s:.0f} seconds."
        )
        answer["retry_after"] = trouble.retry_after_s
    return json_reply(status, answer)


def _read(call: Call) -> Order:
    given = call.body.get("input")
    if not isinstance(given, dict):
        raise Refused(Trouble("invalid", "- input is required\n", "input"))
    version = str(call.body.get("version") or "hidden")
    model = call.params.get("model") or version.partition(":")[0]
    if re.fullmatch("[0-9a-f]{64}", model):  # a version alone, whose model only Replicate knows
        model = f"sandbox/{model[:8]}"
    if model == "hidden":
        raise Refused(Trouble("invalid", "- version is required\n", "version"))
    prompt = fields.text(given, "prompt")
    read = _clip if VIDEO.search(model) else _pictures
    notes: dict[str, object] = {"input": dict(given), "version": version}
    return Order(model, read(call, model, prompt, given), notes=notes)


def _pictures(call: Call, model: str, prompt: str, given: dict[str, Any]) -> tuple[Spec, ...]:
    aspect = str(given.get("aspect_ratio") or "1:1")
    size = image_size("1K", aspect)
    if size is None:
        raise fields.invalid("aspect_ratio", f"- input.aspect_ratio: {aspect!r} is not a ratio\n")
    form = FORMATS[fields.choice(given, "output_format", "webp", tuple(FORMATS))]
    seed = fields.seed(given, model, prompt)
    count = fields.whole(given, "num_outputs", 1, 1, 4)
    return tuple(Spec("image", form, call.provider, model, prompt, seed + i, *size) for i in range(count))


def _clip(call: Call, model: str, prompt: str, given: dict[str, Any]) -> tuple[Spec, ...]:
    size = video_size("720p", str(given.get("aspect_ratio") or "16:9")) or (1280, 720)
    length_s = fields.number(given, "duration", 6, 1, 20)
    seed = fields.seed(given, model, prompt)
    return (Spec("video", "mp4", call.provider, model, prompt, seed, *size, length_s),)


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(201, _prediction(call, job))


def _get(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, _prediction(call, need_job(call, jobs, call.params["id"])))


def _list(call: Call, jobs: Jobs) -> Reply:
    found = [_prediction(call, job) for job in jobs.of(call.provider)]
    return json_reply(200, {"previous": None, "next": None, "results": found})


def _version(call: Call, jobs: Jobs) -> Reply:
    """Describe a version, which the SDK asks for before it runs one."""
    schema = {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "paths": {}}
    facts = {"created_at": _time(0), "cog_version": "0.16.0", "openapi_schema": schema}
    return json_reply(200, {"id": call.params["version"], **facts})


def _cancel(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    if job.unfinished(call.now):
        job.cancelled_at = call.now
    return json_reply(200, _prediction(call, job))


def _secret(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, {"key": signing.webhook_secret(_key(call) or "")})


def _sign(call: Call, job: Job, body: bytes) -> dict[str, str]:
    return signing.webhook_headers(signing.webhook_secret(_key(call) or ""), f"msg_{job.id}", body)


def _begins(call: Call) -> bool:
    wanted = call.body.get("webhook_events_filter")
    return not isinstance(wanted, list) or "start" in wanted


def _prediction(call: Call, job: Job) -> dict[str, object]:
    state = job.state(call.now)
    ended = not job.unfinished(call.now)
    link = f"{call.base}/v1/predictions/{job.id}"
    return {
        "id": job.id,
        "model": job.order.model,
        "version": job.order.notes["version"],
        "input": job.order.notes["input"],
        "logs": "",
        "output": _output(call, job) if state == "done" else None,
        "error": ERRORS.get(state),
        "status": STATUSES[state],
        "data_removed": False,
        "source": "api",
        "metrics": {"predict_time": job.render_s, "total_time": job.render_s} if state == "done" else {},
        "created_at": _time(job.created_at),
        "started_at": None if STATUSES[state] == "starting" else _time(job.start_at),
        "completed_at": _time(job.done_at) if ended else None,
        "urls": {"get": link, "cancel": f"{link}/cancel", "web": f"https://replicate.com/p/{job.id}"},
    }


def _output(call: Call, job: Job) -> str | list[str]:
    links = [media_url(call, job, index) for index in range(len(job.order.outputs))]
    return links if len(links) > 1 or LISTS.search(job.order.model) else links[0]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(call: Call) -> str | None:
    return bearer(call) or bearer(call, "Token")


def _id() -> str:
    dice = SystemRandom()
    return "".join(dice.choice(ALPHABET) for _ in range(26))


DIALECT = Dialect(
    name="replicate",
    key=_key,
    trouble=_trouble,
    job_id=_id,
    callback=Callback(lambda call: call.body.get("webhook"), _prediction, _sign, begins=_begins),
    routes=(
        Look("GET", "/v1/webhooks/default/secret", _secret),
        Submit("/v1/(?:models|deployments)/(?P<model>[^/]+/[^/]+)/predictions", _read, _created),
        Submit("/v1/predictions", _read, _created),
        Look("POST", "/v1/predictions/(?P<id>[^/]+)/cancel", _cancel),
        Look("GET", "/v1/predictions/(?P<id>[^/]+)", _get),
        Look("GET", "/v1/predictions", _list),
        Look("GET", "/v1/models/[^/]+/[^/]+/versions/(?P<version>[^/]+)", _version),
    ),
)

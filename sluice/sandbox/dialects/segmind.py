"""Segmind: bytes in the same call (v1), or a queue (v2) whose failed requests are a 422 that says FAILED.

Source: segmind 1.3.0 (Python) and docs.segmind.com, read 2026-11-24.
"""

import re
from datetime import UTC, datetime

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.size import image_size, video_size
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Look,
    Refused,
    Reply,
    Submit,
    Trouble,
    TroubleKind,
    header_key,
    json_reply,
    media_url,
)

VIDEO = re.compile(
    r"video|veo|kling-(?!3-(text2image|image2image))|ray-|seedance|hailuo|wan2|sora|runway-gen4-t"
)
AUDIO = re.compile(r"tts|speech|voice|music|lyria")
NOT_FOUND = "Request {id} not found"
COST_USD = {"image": 0.04, "video": 0.5, "audio": 0.02}

TROUBLES: dict[TroubleKind, tuple[int, str | None]] = {
    "credential": (401, "Missing Authorization or x-api-key in header"),
    "bad_key": (401, "Unauthorized. API key is invalid or may have expired"),
    "credit": (406, "Insufficient credits"), "forbidden": (403, None), "invalid": (400, None),
    "not_found": (404, None), "expired": (404, None), "moderation": (422, None), "rate": (429, None),
    "concurrency": (429, None), "internal": (500, None), "unavailable": (503, None), "timeout": (504, None),
}  # fmt: skip
"""Trouble to HTTP status, and to Segmind's own words where they are known."""

STATUSES = {"throttled": "QUEUED", "queued": "QUEUED", "running": "PROCESSING", "done": "COMPLETED"}
"""State of a job to Segmind's; every other state is FAILED."""

ERRORS = {
    "failed": "Inference failed",
    "moderated": "The request was blocked by content moderation",
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, words = TROUBLES[trouble.kind]
    headers = {}
    if trouble.retry_after_s is not None:
        free_at = datetime.fromtimestamp(call.now + trouble.retry_after_s, UTC)
        headers = {"x-rate-limit-reset-at-utc": free_at.isoformat()}
    return json_reply(trouble.status or status, {"error": words or trouble.message}, headers)


def _read(call: Call) -> Order:
    model = call.params["model"]
    if not call.headers.get("content-type", "").startswith("application/json"):
        raise Refused(Trouble("invalid", "Invalid content type", status=406))
    prompt = fields.text(call.body, "text" if call.body.get("text") else "prompt")
    asked = call.body.get("seed", -1)
    seed = fields.seed({} if asked == -1 else call.body, model, prompt)
    aspect = str(call.body.get("aspect_ratio") or "")
    if VIDEO.search(model):
        size = video_size("720p", aspect or "16:9") or (1280, 720)
        length_s = fields.number(call.body, "duration", 5, 1, 30)
        return Order(model, (Spec("video", "mp4", call.provider, model, prompt, seed, *size, length_s),))
    if AUDIO.search(model):
        length_s = speech_seconds(prompt)
        return Order(model, (Spec("audio", "mp3", call.provider, model, prompt, seed, duration_s=length_s),))
    size = image_size("1K", aspect or "1:1") or (1024, 1024)
    return Order(model, (Spec("image", "png", call.provider, model, prompt, seed, *size),))


def _ran(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", ERRORS["moderated"]))
    spec = job.order.outputs[0]
    headers = {
        "x-cost": str(COST_USD[spec.kind]),
        "x-request-id": job.id,
        "x-generation-time": f"{job.render_s:.2f}",
        "x-seed-value": str(spec.seed),
    }
    return Reply(200, bodies[0], spec.content_type, headers, has_media=True)


def _queued(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"request_id": job.id, "status": "QUEUED", **_links(call, job)})


def _links(call: Call, job: Job) -> dict[str, str]:
    link = f"{call.base}/v2/requests/{job.id}"
    return {
        "poll_url": f"{call.base}/v1/requests/{job.id}",
        "status_url": f"{link}/status",
        "response_url": link,
    }


def _status(call: Call, jobs: Jobs) -> Reply:
    job = _find(call, jobs)
    state = job.state(call.now)
    status = STATUSES.get(state, "FAILED")
    answer: dict[str, object] = {"status": status, "request_id": job.id, "metrics": {}}
    if status == "FAILED":
        return json_reply(422, answer | {"error": ERRORS.get(state, "Inference failed")})
    return json_reply(200, answer)


def _result(call: Call, jobs: Jobs) -> Reply:
    job = _find(call, jobs)
    state, spec = job.state(call.now), job.order.outputs[0]
    status = STATUSES.get(state, "FAILED")
    answer: dict[str, object] = {"status": status, "request_id": job.id, "error": None}
    if status == "FAILED":
        return json_reply(422, answer | {"error": ERRORS.get(state, "Inference failed")})
    if status == "COMPLETED":
        metrics = {"inference_time": job.render_s, "cost": COST_USD[spec.kind], "retry_count": 0}
        answer |= {"output": media_url(call, job, 0), "metrics": metrics}
    return json_reply(200, answer)


def _find(call: Call, jobs: Jobs) -> Job:
    if job := jobs.find(call.provider, call.params["id"]):
        return job
    raise Refused(Trouble("not_found", NOT_FOUND.format(id=call.params["id"])))


def _credits(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, {"credits": 100.0})


DIALECT = Dialect(
    name="segmind",
    key=header_key("x-api-key"),
    trouble=_trouble,
    routes=(
        Look("GET", "/v1/get-user-credits", _credits),
        Look("GET", "/v2/requests/(?P<id>[^/]+)/status", _status),
        Look("GET", "/v[12]/requests/(?P<id>[^/]+)", _result),
        Submit("/v1/(?P<model>[^/]+)", _read, _ran, inline=True),
        Submit("/v2/(?P<model>[^/]+)", _read, _queued),
    ),
)

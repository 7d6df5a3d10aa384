"""ByteDance Ark: pictures in the same call, clips as tasks; a refusal is a long code, at once or in the task.

Source: @ai-sdk/bytedance 1.0.29 and litellm's adapter, read 2026-11-24; byteplus-python-sdk-v2 3.0.63, read
2026-11-25.
"""

from base64 import b64encode
from random import SystemRandom
from typing import Any
from uuid import uuid4

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.size import image_size, pixels_of, video_size
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

TASKS = "/api/v3/contents/generations/tasks"
FPS = 24
ROLES = {
    "image_url": ("first_frame", "last_frame", "reference_image"),
    "video_url": ("reference_video",),
    "audio_url": ("reference_audio",),
}
"""Type of a content item to what it may be for."""

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "AuthenticationError"), "bad_key": (401, "AuthenticationError"),
    "credit": (403, "AccountOverdueError"), "forbidden": (403, "AccessDenied"),
    "invalid": (400, "InvalidParameter"), "not_found": (404, "InvalidEndpointOrModel.NotFound"),
    "expired": (403, "AccessDenied"), "moderation": (400, "InputTextSensitiveContentDetected"),
    "rate": (429, "RateLimitExceeded.EndpointRPMExceeded"), "concurrency": (429, "QuotaExceeded"),
    "internal": (500, "InternalServiceError"), "unavailable": (503, "ServerOverloaded"),
    "timeout": (504, "InternalServiceError"),
}  # fmt: skip

STATUSES = {"throttled": "queued", "queued": "queued", "running": "running", "done": "succeeded",
            "cancelled": "cancelled"}  # fmt: skip
ERRORS = {
    "failed": ("InternalServiceError", "The service encountered an unexpected internal error."),
    "moderated": ("OutputVideoSensitiveContentDetected", "The output video may contain sensitive content."),
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, code = TROUBLES[trouble.kind]
    error = {"code": code, "message": trouble.message, "param": trouble.param or "", "type": "BadRequest"}
    return json_reply(trouble.status or status, {"error": error})


def _read_picture(call: Call) -> Order:
    model, prompt = fields.text(call.body, "model"), fields.text(call.body, "prompt")
    words = str(call.body.get("size") or "2K")
    size = pixels_of(words) or image_size(words, "1:1")
    if size is None:
        raise fields.invalid("size", f"The parameter `size` specified in the request is not valid: {words}.")
    form = fields.choice(call.body, "output_format", "jpeg", ("jpeg", "png"))
    seed = fields.seed(call.body, model, prompt)
    return Order(model, (Spec("image", form, call.provider, model, prompt, seed, *size),))


def _read_clip(call: Call) -> Order:
    model, content = fields.text(call.body, "model"), call.body.get("content")
    if not isinstance(content, list) or not content:
        raise fields.invalid("content", "The parameter `content` is required.")
    prompt = "".join(_checked(item) for item in content)
    resolution = fields.choice(call.body, "resolution", "720p", ("480p", "720p", "1080p", "4k"))
    ratio = str(call.body.get("ratio") or "16:9")
    size = video_size(resolution, "16:9" if ratio == "adaptive" else ratio)
    if size is None:
        raise fields.invalid("ratio", f"The parameter `ratio` is not valid: {ratio}.")
    length_s = float(fields.whole(call.body, "duration", 5, 2, 15))
    seed = fields.seed(call.body, model, prompt)
    spec = Spec("video", "mp4", call.provider, model, prompt, seed, *size, length_s)
    return Order(model, (spec,), notes={"resolution": resolution, "ratio": ratio})


def _checked(item: Any) -> str:
    """Return the words of a content item, or refuse it."""
    kind = item.get("type") if isinstance(item, dict) else None
    if kind == "text" and isinstance(item.get("text"), str):
        return str(item["text"])
    if kind not in ROLES or not (item.get(kind) or {}).get("url"):
        raise fields.invalid("content", f"The parameter `content.type` is not valid: {kind}.")
    if item.get("role") not in (None, *ROLES[kind]):
        raise fields.invalid("content", f"The parameter `content.role` is not valid: {item['role']}.")
    return ""


def _pictures(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.ending == "moderated" and job.refused:
        raise Refused(Trouble("moderation", "The request failed because the input text may contain it."))
    spec = job.order.outputs[0]
    item: dict[str, object] = {"size": f"{spec.width_px}x{spec.height_px}"}
    if job.ending == "moderated":
        item = {"error": {"code": "OutputImageSensitiveContentDetected", "message": "Sensitive content."}}
    elif call.body.get("response_format") == "b64_json":
        item["b64_json"] = b64encode(bodies[0]).decode()
    else:
        item["url"] = media_url(call, job, 0)
    usage = {"generated_images": 1, "output_tokens": _tokens(spec, 1), "total_tokens": _tokens(spec, 1)}
    answer = {"model": job.order.model, "created": int(call.now), "data": [item], "usage": usage}
    return json_reply(200, answer, has_media=True)


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", "The request failed because the input text may contain it."))
    return json_reply(200, {"id": job.id})


def _get(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, _task(call, need_job(call, jobs, call.params["id"])))


def _list(call: Call, jobs: Jobs) -> Reply:
    found = [_task(call, job) for job in jobs.of(call.provider)]
    number = fields.whole(call.query, "page_num", 1, 1, 500)
    size = fields.whole(call.query, "page_size", 10, 1, 500)
    page = found[(number - 1) * size : number * size]
    return json_reply(200, {"items": page, "total": len(found)})


def _task(call: Call, job: Job) -> dict[str, object]:
    state, spec = job.state(call.now), job.order.outputs[0]
    task: dict[str, object] = {
        "id": job.id,
        "model": job.order.model,
        "status": STATUSES.get(state, "failed"),
        "created_at": int(job.created_at),
        "updated_at": int(min(call.now, job.done_at)),
        "resolution": job.order.notes.get("resolution"),
        "ratio": job.order.notes.get("ratio"),
        "duration": round(spec.duration_s),
        "framespersecond": FPS,
        "seed": spec.seed,
    }
    if state == "done":
        tokens = _tokens(spec, spec.duration_s * FPS)
        task["content"] = {"video_url": media_url(call, job, 0)}
        task["usage"] = {"completion_tokens": tokens, "total_tokens": tokens}
    if state in ERRORS:
        task["error"] = dict(zip(("code", "message"), ERRORS[state], strict=True))
    return task


def _tokens(spec: Spec, frames: float) -> int:
    return round(spec.width_px * spec.height_px * frames / 1024)


def _delete(call: Call, jobs: Jobs) -> Reply:
    """Cancel what is not over and delete what is; Ark itself cannot stop what runs."""
    job = need_job(call, jobs, call.params["id"])
    if job.unfinished(call.now):
        job.cancelled_at = call.now
    else:
        job.deleted = True
    return json_reply(200, {})


def _id() -> str:
    return f"cgt-20261124-{SystemRandom().randrange(10**5):05d}{uuid4().hex[:5]}"


DIALECT = Dialect(
    name="bytedance-ark",
    key=bearer,
    trouble=_trouble,
    job_id=_id,
    throttles=True,
    callback=Callback(lambda call: call.body.get("callback_url"), _task),
    routes=(
        Submit("/api/v3/images/generations", _read_picture, _pictures, inline=True),
        Submit(TASKS, _read_clip, _created),
        Look("GET", TASKS, _list),
        Look("GET", TASKS + "/(?P<id>[^/]+)", _get),
        Look("DELETE", TASKS + "/(?P<id>[^/]+)", _delete),
    ),
)

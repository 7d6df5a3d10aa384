"""Kling: tasks for videos and images, found again by their id, by the caller's own id, or in a list.

Source: @ai-sdk/klingai (2026-08-22) and Kling's OpenAPI description, read 2026-11-22.
"""

import binascii
import json
from base64 import urlsafe_b64decode
from random import SystemRandom
from uuid import uuid4

from sluice.sandbox import fields
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

PATH = r"/v1/(?:videos/(?:text2video|image2video)|images/generations)"
RESOLUTIONS = {"std": "720p", "pro": "1080p"}
ASPECTS = {"16:9", "9:16", "1:1"}
UNITS_PER_S = {"std": 0.4, "pro": 0.7}
IMAGE_UNITS = 1.0

TROUBLES: dict[TroubleKind, tuple[int, int]] = {
    "credential": (401, 1001), "bad_key": (401, 1002), "credit": (429, 1102), "forbidden": (403, 1103),
    "invalid": (400, 1201), "not_found": (404, 1203), "expired": (403, 1103), "moderation": (400, 1301),
    "rate": (429, 1302), "concurrency": (429, 1303), "internal": (500, 5000),
    "unavailable": (503, 5001), "timeout": (504, 5002),
}  # fmt: skip
"""Trouble to HTTP status and Kling's code."""

STATUSES = {"throttled": "submitted", "queued": "submitted", "running": "processing", "done": "succeed"}
"""State of a job to ``task_status``; every other state is ``failed``."""


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, code = TROUBLES[trouble.kind]
    return json_reply(trouble.status or status, _envelope(code, trouble.message))


def _envelope(code: int, message: str, data: object = None) -> dict[str, object]:
    answer: dict[str, object] = {"code": code, "message": message, "request_id": str(uuid4())}
    return answer if data is None else answer | {"data": data}


def _read_video(call: Call) -> Order:
    from_image = call.path.endswith("image2video")
    if from_image and not isinstance(call.body.get("image") or call.body.get("image_tail"), str):
        raise fields.invalid("image", "image or image_tail is required")
    for name in ("image", "image_tail"):
        given = call.body.get(name)
        if isinstance(given, str) and not given.startswith(("https://", "http://")):
            fields.picture_in_base64(name, given)
    asks = call.body.get("prompt") is not None or not from_image
    prompt = fields.text(call.body, "prompt", longest=2500) if asks else ""
    model = str(call.body.get("model_name") or "kling-v1")
    mode = fields.choice(call.body, "mode", "std", tuple(RESOLUTIONS))
    size = video_size(
        RESOLUTIONS[mode], fields.choice(call.body, "aspect_ratio", "16:9", tuple(sorted(ASPECTS)))
    )
    length_s, seed = _seconds(call), fields.seed({}, model, prompt)
    spec = Spec("video", "mp4", call.provider, model, prompt, seed, *(size or (1280, 720)), length_s)
    return Order(model, (spec,), _external_id(call), {"units": round(UNITS_PER_S[mode] * length_s, 2)})


def _seconds(call: Call) -> float:
    asked = call.body.get("duration", "5")
    if not isinstance(asked, str) or not asked.isdigit() or not 3 <= int(asked) <= 15:
        raise fields.invalid(
            "duration", f"duration value {asked!r} is invalid: a text from '3' to '15' is expected"
        )
    return float(asked)


def _read_image(call: Call) -> Order:
    prompt = fields.text(call.body, "prompt", longest=2500)
    model = str(call.body.get("model_name") or "kling-v1")
    scale, aspect = str(call.body.get("resolution") or "1k"), str(call.body.get("aspect_ratio") or "16:9")
    size = image_size(scale, aspect)
    if size is None:
        raise fields.invalid("aspect_ratio", f"aspect_ratio {aspect!r} or resolution {scale!r} is invalid")
    count, seed = fields.whole(call.body, "n", 1, 1, 9), fields.seed({}, model, prompt)
    outputs = tuple(Spec("image", "png", call.provider, model, prompt, seed + i, *size) for i in range(count))
    return Order(model, outputs, _external_id(call), {"units": IMAGE_UNITS * count})


def _external_id(call: Call) -> str | None:
    return str(call.body["external_task_id"]) if call.body.get("external_task_id") else None


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", "Trigger strategy: content security policy"))
    return json_reply(200, _envelope(0, "SUCCEED", _task(call, job)))


def _find(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    if job.path != call.path.rpartition("/")[0]:
        raise Refused(Trouble("not_found", "task not found"))
    return json_reply(200, _envelope(0, "SUCCEED", _task(call, job)))


def _list(call: Call, jobs: Jobs) -> Reply:
    page = fields.whole(call.query, "pageNum", 1, 1, 1000)
    size = fields.whole(call.query, "pageSize", 30, 1, 500)
    found = [job for job in jobs.of(call.provider) if job.path == call.path]
    return json_reply(
        200, _envelope(0, "SUCCEED", [_task(call, job) for job in found[(page - 1) * size : page * size]])
    )


def _task(call: Call, job: Job) -> dict[str, object]:
    state = job.state(call.now)
    changed_at = job.created_at if state in ("throttled", "queued") else min(call.now, job.done_at)
    task: dict[str, object] = {
        "task_id": job.id,
        "task_status": STATUSES.get(state, "failed"),
        "task_info": {"external_task_id": job.order.external_id} if job.order.external_id else {},
        "created_at": round(job.created_at * 1000),
        "updated_at": round(changed_at * 1000),
    }
    if state == "done":
        task |= {"task_result": _result(call, job), "final_unit_deduction": f"{job.order.notes['units']:g}"}
    if state in ("failed", "moderated"):
        messages = {
            "failed": "Service internal error",
            "moderated": "Failure to pass the risk control system",
        }
        task["task_status_msg"] = messages[state]
    return task


def _result(call: Call, job: Job) -> dict[str, object]:
    links = [media_url(call, job, index) for index in range(len(job.order.outputs))]
    if job.order.outputs[0].kind == "image":
        return {"images": [{"index": index, "url": link} for index, link in enumerate(links)]}
    length_s = job.order.outputs[0].duration_s
    return {
        "videos": [
            {"id": f"{job.id}-{i}", "url": link, "duration": f"{length_s:.1f}"}
            for i, link in enumerate(links)
        ]
    }


def _key(call: Call) -> str | None:
    """Take a plain key as it is; of a JWT, the access key, since the token itself changes with the clock."""
    token = bearer(call)
    if token is None or token.count(".") != 2:
        return token
    claims = _claims(token)
    if call.now >= float(claims.get("exp", 0)):
        raise Refused(Trouble("bad_key", "Authorization is expired"))
    if call.now < float(claims.get("nbf", 0)):
        raise Refused(Trouble("bad_key", "Authorization is not active yet"))
    return str(claims["iss"]) if claims.get("iss") else None


def _claims(token: str) -> dict[str, float | str]:
    part = token.split(".")[1]
    try:
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        claims = None
    if not isinstance(claims, dict):
        raise Refused(Trouble("bad_key", "Authorization is invalid"))
    return claims


def _id() -> str:
    return str(SystemRandom().randrange(7 * 10**17, 9 * 10**17))


DIALECT = Dialect(
    name="kling",
    key=_key,
    trouble=_trouble,
    job_id=_id,
    callback=Callback(lambda call: call.body.get("callback_url"), _task),
    routes=(
        Submit("/v1/videos/(text2video|image2video)", _read_video, _created),
        Submit("/v1/images/generations", _read_image, _created),
        Look("GET", PATH, _list),
        Look("GET", PATH + "/(?P<id>[^/]+)", _find),
    ),
)

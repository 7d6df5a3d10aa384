"""MiniMax: clips as tasks, in an older and a newer form; pictures and speech in the same call.

The older form answers everything with a 200 and hides errors in ``base_resp``; its finished task names a
file, whose link has to be asked for. The newer form uses HTTP codes, refuses in the task, and answers 500 for
a task that it does not know.

Source: @ai-sdk/minimax 3.0.45 and minimax-mcp 0.0.19, read 2026-11-25; litellm's adapter, read 2026-11-22.
"""

import binascii
from base64 import b64encode
from random import SystemRandom
from uuid import uuid4

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec, speech_seconds
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

FILE = "9"
"""A file's id is its task's after this digit."""

CODES: dict[TroubleKind, tuple[int, int]] = {
    "credential": (1004, 401), "bad_key": (2049, 401), "credit": (1008, 402), "forbidden": (1004, 403),
    "invalid": (2013, 400), "not_found": (2013, 500), "expired": (2013, 403), "moderation": (1026, 422),
    "rate": (1002, 429), "concurrency": (1039, 429), "internal": (1013, 500), "unavailable": (1000, 503),
    "timeout": (1001, 504),
}  # fmt: skip
"""Trouble to the older form's code and the newer form's HTTP status."""

STATUSES = {"throttled": "Queueing", "queued": "Preparing", "running": "Processing", "done": "Success"}
"""State of a job to the older form's; every other state is ``Fail``."""

NEW_STATUSES = {"throttled": "queued", "queued": "queued", "running": "running", "done": "succeeded",
                "cancelled": "cancelled"}  # fmt: skip
ERRORS = {"failed": (1013, "internal error"), "moderated": (1027, "output new_sensitive")}
FORMATS = {"mp3": "mp3", "wav": "wav", "flac": "flac", "pcm": "pcm"}
FINE = {"status_code": 0, "status_msg": "success"}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    code, status = CODES[trouble.kind]
    if call.path.startswith("/v2/"):
        status = trouble.status or status
        error = {"type": trouble.kind, "message": trouble.message, "http_code": str(status)}
        return json_reply(status, {"type": "error", "error": error, "request_id": uuid4().hex})
    status = trouble.status or (403 if trouble.kind == "expired" else 200)
    return json_reply(status, {"base_resp": {"status_code": code, "status_msg": trouble.message}})


def _read_clip(call: Call) -> Order:
    model = fields.text(call.body, "model")
    images = [call.body.get(name) for name in ("first_frame_image", "last_frame_image")]
    prompt = str(call.body.get("prompt") or "")
    if not prompt and not any(images):
        raise fields.invalid("prompt", "invalid params, prompt is empty")
    resolution = fields.choice(call.body, "resolution", "768P", ("512P", "768P", "1080P"))
    length_s = float(fields.whole(call.body, "duration", 6, 6, 10))
    lines = {"512P": "480p"}.get(resolution, resolution.lower())
    return _clip(call, model, prompt, video_size(lines, "16:9"), length_s)


def _read_new_clip(call: Call) -> Order:
    model, content = fields.text(call.body, "model"), call.body.get("content")
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise fields.invalid("content", "content must be a list of objects")
    for item in content:
        kind = item.get("type")
        if kind == "text" and item.get("text"):
            continue
        if not isinstance(kind, str) or not item.get(kind, {}).get("url") or not item.get("role"):
            raise fields.invalid("content", f"content item of type {kind!r} is incomplete")
    prompt = next((str(item["text"]) for item in content if item["type"] == "text"), "")
    resolution = fields.choice(call.body, "resolution", "768P", ("480P", "768P", "2K"))
    aspect = str(call.body.get("ratio") or "16:9")
    length_s = float(fields.whole(call.body, "duration", 5, 1, 15))
    return _clip(call, model, prompt, video_size(resolution.lower(), aspect), length_s)


def _clip(call: Call, model: str, prompt: str, size: tuple[int, int] | None, length_s: float) -> Order:
    if size is None:
        raise fields.invalid("ratio", "invalid params, ratio")
    seed = fields.seed({}, model, prompt, str(call.body))
    return Order(model, (Spec("video", "mp4", call.provider, model, prompt, seed, *size, length_s),))


def _read_picture(call: Call) -> Order:
    model, prompt = fields.text(call.body, "model"), fields.text(call.body, "prompt", longest=1500)
    size = image_size("1K", str(call.body.get("aspect_ratio") or "1:1"))
    if size is None:
        raise fields.invalid("aspect_ratio", "invalid params, aspect_ratio")
    count, seed = fields.whole(call.body, "n", 1, 1, 9), fields.seed(call.body, model, prompt)
    outputs = tuple(
        Spec("image", "jpeg", call.provider, model, prompt, seed + i, *size) for i in range(count)
    )
    return Order(model, outputs)


def _read_speech(call: Call) -> Order:
    model, text = fields.text(call.body, "model"), fields.text(call.body, "text", longest=10_000)
    voice, audio = call.body.get("voice_setting"), call.body.get("audio_setting") or {}
    if not isinstance(voice, dict) or not voice.get("voice_id"):
        raise fields.invalid("voice_setting", "invalid params, voice_id is empty")
    form = FORMATS[fields.choice(audio, "format", "mp3", tuple(FORMATS))]
    length_s = speech_seconds(text, fields.number(voice, "speed", 1.0, 0.5, 2.0))
    seed = fields.seed({}, model, text, str(voice))
    spec = Spec("audio", form, call.provider, model, text, seed, duration_s=length_s, rate_hz=32_000)
    return Order(model, (spec,))


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", "input new_sensitive"))
    return json_reply(200, {"task_id": job.id, "base_resp": FINE})


def _new_created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"task_id": job.id})


def _query(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.query.get("task_id", ""))
    state, spec = job.state(call.now), job.order.outputs[0]
    code, message = ERRORS["moderated"] if state == "moderated" else (0, "success")
    answer: dict[str, object] = {
        "task_id": job.id,
        "status": STATUSES.get(state, "Fail"),
        "file_id": f"{FILE}{job.id}" if state == "done" else "",
        "base_resp": {"status_code": code, "status_msg": message},
    }
    if state == "done":
        answer |= {"video_width": spec.width_px, "video_height": spec.height_px}
    return json_reply(200, answer)


def _file(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.query.get("file_id", "").removeprefix(FILE))
    link = media_url(call, job, 0)
    file: dict[str, object] = {"file_id": int(f"{FILE}{job.id}"), "bytes": 0, "created_at": int(job.done_at)}
    file |= {"filename": "output.mp4", "purpose": "video_generation", "download_url": link}
    return json_reply(200, {"file": file, "base_resp": FINE})


def _task(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    state, spec = job.state(call.now), job.order.outputs[0]
    task: dict[str, object] = {
        "id": job.id,
        "model": job.order.model,
        "status": NEW_STATUSES.get(state, "failed"),
        "duration": spec.duration_s,
        "created_at": int(job.created_at),
        "updated_at": int(min(call.now, job.done_at)),
    }
    if state == "done":
        task["content"] = {"url": media_url(call, job, 0), "prompt": spec.text}
        task["usage"] = {"total_seconds": spec.duration_s, "output_seconds": spec.duration_s}
    if state in ERRORS:
        task["error"] = dict(zip(("code", "message"), map(str, ERRORS[state]), strict=True))
    return json_reply(200, {"task": task})


def _delete(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    job.cancelled_at = call.now
    return json_reply(200, {"task_id": job.id, "status": "cancelled"})


def _pictures(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    links = [media_url(call, job, index) for index in range(len(bodies))]
    data: dict[str, object] = {"image_urls": links}
    if call.body.get("response_format") == "base64":
        data = {"image_base64": [b64encode(body).decode() for body in bodies]}
    counts = {"success_count": str(len(bodies)), "failed_count": "0"}
    return json_reply(200, {"id": job.id, "data": data, "metadata": counts, "base_resp": FINE})


def _speech(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    spec = job.order.outputs[0]
    as_url = call.body.get("output_format") == "url"
    audio = media_url(call, job, 0) if as_url else binascii.hexlify(bodies[0]).decode()
    facts = {"audio_length": round(spec.duration_s * 1000), "audio_size": len(bodies[0])}
    facts |= {"audio_sample_rate": spec.rate_hz, "usage_characters": len(spec.text)}
    answer = {"data": {"audio": audio, "status": 2}, "extra_info": facts, "trace_id": job.id}
    return json_reply(200, answer | {"base_resp": FINE}, has_media=True)


def _called(call: Call, job: Job) -> dict[str, object]:
    return {"task_id": job.id, "status": STATUSES.get(job.state(call.now), "Fail")}


def _check(job: Job) -> None:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "input new_sensitive"))


def _id() -> str:
    return str(SystemRandom().randrange(10**14, 9 * 10**14))


DIALECT = Dialect(
    name="minimax",
    key=bearer,
    trouble=_trouble,
    job_id=_id,
    callback=Callback(lambda call: call.body.get("callback_url"), _called, challenge=True),
    routes=(
        Submit("/v1/video_generation", _read_clip, _created),
        Submit("/v2/video_generation", _read_new_clip, _new_created),
        Submit("/v1/image_generation", _read_picture, _pictures, inline=True),
        Submit("/v1/t2a_v2", _read_speech, _speech, inline=True),
        Look("GET", "/v1/query/video_generation", _query),
        Look("GET", "/v1/files/retrieve", _file),
        Look("GET", "/v2/query/video_generation/(?P<id>[^/]+)", _task),
        Look("DELETE", "/v2/video_generation/(?P<id>[^/]+)", _delete),
    ),
)

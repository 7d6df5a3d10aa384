"""Luma: generations of videos and images, which change their state and never tell a percentage.

Source: lumaai 1.21.0 (Python), read 2026-11-24.
"""

from datetime import UTC, datetime
from typing import Any

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Kind, Spec
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

ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
RESOLUTIONS = ("540p", "720p", "1080p", "4k")
MODES = tuple(f"{how}_{much}" for how in ("adhere", "flex", "reimagine") for much in (1, 2, 3))
VIDEOS, IMAGES = ("ray-2", "ray-flash-2"), ("photon-1", "photon-flash-1")
IMAGE_REFERENCES = ("image_ref", "style_ref")

TROUBLES: dict[TroubleKind, int] = {
    "credential": 403, "bad_key": 401, "credit": 402, "forbidden": 403, "not_found": 404, "expired": 403,
    "invalid": 422, "moderation": 400, "rate": 429, "concurrency": 429, "internal": 500,
    "unavailable": 503, "timeout": 504,
}  # fmt: skip
STATES = {"throttled": "queued", "queued": "queued", "running": "dreaming", "done": "completed"}
"""State of a job to Luma's; every other state is ``failed``."""

REASONS = {
    "failed": "Job failed: internal error",
    "moderated": "400: Contents moderated: generated content",
    "cancelled": "Job cancelled",
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status = trouble.status or TROUBLES[trouble.kind]
    detail: object = trouble.message
    if trouble.param:
        where = ["body", trouble.param]
        kind = "value_error" if trouble.param in call.body else "missing"
        detail = [{"type": kind, "loc": where, "msg": trouble.message, "input": dict(call.body)}]
    return json_reply(status, {"detail": detail})


def _read_video(call: Call) -> Order:
    model = _model(call, VIDEOS)
    frames = call.body.get("keyframes") or {}
    for name, frame in frames.items():
        _need_frame(name, frame)
    prompt = str(call.body.get("prompt") or "")
    if not prompt and not frames:
        raise fields.invalid("prompt", "Field required")
    aspect = fields.choice(call.body, "aspect_ratio", "16:9", ASPECTS)
    resolution = fields.choice(call.body, "resolution", "720p", RESOLUTIONS)
    length_s = {"5s": 5.0, "9s": 9.0}[fields.choice(call.body, "duration", "5s", ("5s", "9s"))]
    return _order(call, model, "video", prompt, video_size(resolution, aspect), length_s)


def _need_frame(name: str, frame: Any) -> None:
    known = {"image": "url", "generation": "id"}
    kind = frame.get("type") if isinstance(frame, dict) else None
    if name not in ("frame0", "frame1") or kind not in known or not frame.get(known[kind]):
        raise fields.invalid("keyframes", "Input should be an image with a url or a generation with an id")


def _read_changed(call: Call) -> Order:
    """Read a change of a video, or a new frame around a video or a picture."""
    source = call.body.get("media")
    if not isinstance(source, dict) or not isinstance(source.get("url"), str):
        raise fields.invalid("media", "Field required")
    kind: Kind = "image" if call.path.endswith("image/reframe") else "video"
    if call.path.endswith("modify"):
        fields.text(call.body, "mode")
        fields.choice(call.body, "mode", "", MODES)
    aspect = fields.choice(call.body, "aspect_ratio", "16:9", ASPECTS)
    size = image_size("1K", aspect) if kind == "image" else video_size("720p", aspect)
    model = _model(call, IMAGES if kind == "image" else VIDEOS)
    return _order(call, model, kind, str(call.body.get("prompt") or ""), size, 5.0)


def _read_image(call: Call) -> Order:
    prompt = fields.text(call.body, "prompt")
    for name in IMAGE_REFERENCES:
        if not all(isinstance(each, dict) and each.get("url") for each in call.body.get(name) or []):
            raise fields.invalid(name, "Input should be a list of images with a url")
    aspect = fields.choice(call.body, "aspect_ratio", "16:9", ASPECTS)
    return _order(call, _model(call, IMAGES), "image", prompt, image_size("1K", aspect), 0.0)


def _order(
    call: Call, model: str, kind: Kind, prompt: str, size: tuple[int, int] | None, length_s: float
) -> Order:
    form = "mp4"
    if kind == "image":
        form = {"jpg": "jpeg", "png": "png"}[fields.choice(call.body, "format", "jpg", ("jpg", "png"))]
    seed = fields.seed({}, model, prompt, str(call.body))
    spec = Spec(kind, form, call.provider, model, prompt, seed, *(size or (1280, 720)), length_s)
    return Order(model, (spec,), notes={"kind": kind, "request": dict(call.body)})


def _model(call: Call, known: tuple[str, ...]) -> str:
    fields.text(call.body, "model")
    return fields.choice(call.body, "model", "", known)


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", "prompt not allowed because advanced moderation failed"))
    return json_reply(201, _generation(call, job))


def _get(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, _generation(call, need_job(call, jobs, call.params["id"])))


def _list(call: Call, jobs: Jobs) -> Reply:
    limit, offset = (fields.whole(call.query, name, most, 0, 1000) for name, most in _PAGE)
    found = [_generation(call, job) for job in jobs.of(call.provider)]
    page = found[offset : offset + limit]
    more = offset + limit < len(found)
    answer = {"has_more": more, "count": len(found), "limit": limit, "offset": offset, "generations": page}
    return json_reply(200, answer)


_PAGE = (("limit", 100), ("offset", 0))


def _delete(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    job.cancelled_at, job.deleted = call.now, True
    return Reply(204, b"")


def _generation(call: Call, job: Job) -> dict[str, object]:
    state, kind = job.state(call.now), str(job.order.notes["kind"])
    made_at = datetime.fromtimestamp(job.created_at, UTC).isoformat().replace("+00:00", "Z")
    return {
        "id": job.id,
        "generation_type": kind,
        "state": STATES.get(state, "failed"),
        "failure_reason": REASONS.get(state),
        "created_at": made_at,
        "model": job.order.model,
        "assets": {kind: media_url(call, job, 0)} if state == "done" else None,
        "request": {"generation_type": kind, **_asked(job)},
    }


def _asked(job: Job) -> dict[str, object]:
    request = job.order.notes["request"]
    return dict(request) if isinstance(request, dict) else {}


DIALECT = Dialect(
    name="luma",
    key=bearer,
    trouble=_trouble,
    throttles=True,
    tells_retry=True,
    callback=Callback(lambda call: call.body.get("callback_url"), _generation),
    routes=(
        Submit("/dream-machine/v1/generations(/video)?", _read_video, _created),
        Submit("/dream-machine/v1/generations/video/modify", _read_changed, _created),
        Submit("/dream-machine/v1/generations/(video|image)/reframe", _read_changed, _created),
        Submit("/dream-machine/v1/generations/image", _read_image, _created),
        Look("GET", "/dream-machine/v1/generations", _list),
        Look("GET", "/dream-machine/v1/generations/(?P<id>[^/]+)", _get),
        Look("DELETE", "/dream-machine/v1/generations/(?P<id>[^/]+)", _delete),
    ),
)

"""Black Forest Labs: tasks of pictures and clips, polled at the address that the submit names.

A task that was just accepted is not found for a moment, which is a status too: BFL's own client and others
give up at a 404. A refusal is a status as well: of the request, or of the content.

Source: @ai-sdk/black-forest-labs 1.0.33 and BFL's error reference, read 2026-11-24; blackforest 0.1.3, read
2026-11-25.
"""

from sluice.sandbox import fields
from sluice.sandbox.caller import FORGED
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.size import image_size, video_size
from sluice.sandbox.wire import (
    Call,
    Callback,
    Dialect,
    Look,
    Reply,
    Submit,
    Trouble,
    TroubleKind,
    header_key,
    json_reply,
    media_url,
)

MODELS = r"flux-(?:2-(?:max|pro|flex)|kontext-(?:pro|max)|pro-1\.1-ultra|pro-1\.1|pro|dev)"
FORMATS = ("jpeg", "png", "webp")
CREDITS = {"flux-kontext-max": 8, "flux-pro-1.1-ultra": 6, "flux-pro": 5, "flux-dev": 2.5}
DEFAULT_CREDITS = 4
VIDEO_CREDITS_PER_S = 10
UNFOUND_SHARE = 0.05
"""The part of a job's time in which it is not found yet."""

TROUBLES: dict[TroubleKind, int] = {
    "credential": 403, "bad_key": 403, "credit": 402, "forbidden": 403, "not_found": 404, "expired": 403,
    "invalid": 422, "moderation": 422, "rate": 429, "concurrency": 429, "internal": 500,
    "unavailable": 503, "timeout": 504,
}  # fmt: skip


def _trouble(trouble: Trouble, call: Call) -> Reply:
    detail: object = trouble.message
    if trouble.param:
        kind = "value_error" if trouble.param in call.body else "missing"
        detail = [{"loc": ["body", trouble.param], "msg": trouble.message, "type": kind}]
    return json_reply(trouble.status or TROUBLES[trouble.kind], {"detail": detail})


def _read_image(call: Call) -> Order:
    model = call.params["model"]
    prompt = fields.text(call.body, "prompt")
    aspect = call.body.get("aspect_ratio")
    size = image_size("1K", str(aspect or "1:1"))
    if size is None:
        raise fields.invalid("aspect_ratio", f"Value error, {aspect!r} is not between 21:9 and 9:21")
    if not aspect:
        size = (_edge(call, "width", 1024), _edge(call, "height", 768))
    fields.whole(call.body, "safety_tolerance", 2, 0, 6)
    form = fields.choice(call.body, "output_format", "jpeg", FORMATS)
    seed = fields.seed(call.body, model, prompt)
    spec = Spec("image", form, call.provider, model, prompt, seed, *size)
    return Order(model, (spec,), notes={"cost": CREDITS.get(model, DEFAULT_CREDITS)})


def _edge(call: Call, name: str, default: int) -> int:
    edge = fields.whole(call.body, name, default, 256, 1920)
    if edge % 32:
        raise fields.invalid(name, "Input should be a multiple of 32")
    return edge


def _read_video(call: Call) -> Order:
    mode = fields.choice(call.body, "mode", "", ("t2v", "i2v"))
    if mode == "i2v" and not call.body.get("keyframes"):
        raise fields.invalid("keyframes", "Field required")
    prompt = fields.text(call.body, "prompt")
    resolution = {"hd": "720p", "fhd": "1080p"}[fields.choice(call.body, "resolution", "hd", ("hd", "fhd"))]
    size = video_size(resolution, str(call.body.get("aspect_ratio") or "16:9")) or (1280, 720)
    length_s = float(fields.whole(call.body, "duration", 5, 1, 20))
    seed = fields.seed(call.body, "flux-3-video", prompt)
    spec = Spec("video", "mp4", call.provider, "flux-3-video", prompt, seed, *size, length_s)
    return Order("flux-3-video", (spec,), notes={"cost": VIDEO_CREDITS_PER_S * length_s})


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    link = f"{call.base}/v1/get_result?id={job.id}"
    return json_reply(200, {"id": job.id, "polling_url": link, "cost": job.order.notes["cost"]})


def _result(call: Call, jobs: Jobs) -> Reply:
    name = call.query.get("id", "")
    job = jobs.find(call.provider, name)
    if job is None or call.now < job.start_at + job.render_s * UNFOUND_SHARE:
        return json_reply(200, {"id": name, "status": "Task not found", "result": None})
    return json_reply(200, _task(call, job))


def _task(call: Call, job: Job) -> dict[str, object]:
    state = job.state(call.now)
    answer: dict[str, object] = {"id": job.id, "status": _status(job, state), "result": None, "details": None}
    if state == "running":
        answer["progress"] = round(job.progress(call.now), 2)
    if state == "done":
        spec = job.order.outputs[0]
        answer["result"] = {
            "sample": media_url(call, job, 0),
            "prompt": spec.text,
            "seed": spec.seed,
            "start_time": job.start_at,
            "end_time": job.done_at,
            "duration": job.render_s,
        }
    return answer


def _sign(call: Call, job: Job, body: bytes) -> dict[str, str]:
    """Say the caller's own word again; somebody else does not know it."""
    told = str(call.body.get("webhook_secret", ""))
    return {"x-webhook-secret": "unknown" if body.endswith(FORGED) else told}


def _status(job: Job, state: str) -> str:
    if state == "moderated":
        return "Request Moderated" if job.refused else "Content Moderated"
    return {"done": "Ready", "failed": "Error"}.get(state, "Pending")


def _credits(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, {"credits": 1000.0})


DIALECT = Dialect(
    name="bfl",
    key=header_key("x-key"),
    trouble=_trouble,
    callback=Callback(lambda call: call.body.get("webhook_url"), _task, _sign, begins=lambda call: False),
    routes=(
        Look("GET", "/v1/get_result", _result),
        Look("GET", "/v1/credits", _credits),
        Submit("/v1/flux-3-video", _read_video, _created),
        Submit(f"/v1/(?P<model>{MODELS})", _read_image, _created),
    ),
)

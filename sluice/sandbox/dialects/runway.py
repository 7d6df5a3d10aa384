"""Runway: tasks for videos and images.

Source: runwayml 5.24.0 (Python) and Runway's API documentation, read 2026-11-22.
"""

from datetime import UTC, datetime

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.size import pixels_of, video_size
from sluice.sandbox.wire import (
    Call,
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

VERSION = "2024-11-06"
CREDITS = {"gen4_turbo": 5, "gen4.5": 12, "veo3.1_fast": 15, "veo3.1": 40, "aleph2": 28,
           "gemini_omni_flash": 10, "gen4_image_turbo": 2, "gen4_image": 5}  # fmt: skip
"""Credits a second of video, or an image; a model that is not listed takes ``DEFAULT_CREDITS``."""

DEFAULT_CREDITS = 10
RATIO_MODELS = ("gen4", "veo")
"""How models begin that cannot do without a ratio."""

TROUBLES: dict[TroubleKind, int] = {
    "credential": 401, "bad_key": 401, "credit": 400, "forbidden": 403, "invalid": 400, "moderation": 400,
    "not_found": 404, "expired": 403, "rate": 429, "concurrency": 429,
    "internal": 500, "unavailable": 503, "timeout": 504,
}  # fmt: skip

FAILURES = {
    "failed": ("An unexpected error occurred.", "INTERNAL.BAD_OUTPUT.CODE01"),
    "moderated": ("The prompt was flagged by our content moderation system.", "SAFETY.INPUT.TEXT"),
}
"""State of a job to ``failure`` and ``failureCode``."""


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status = trouble.status or TROUBLES[trouble.kind]
    answer: dict[str, object] = {"error": trouble.message, "docUrl": "https://docs.dev.runwayml.com/api"}
    if trouble.param:
        answer["error"] = "Validation of body failed"
        answer["issues"] = [{"code": "custom", "path": [trouble.param], "message": trouble.message}]
    return json_reply(status, answer)


def _gate(call: Call) -> None:
    if call.headers.get("x-runway-version") != VERSION:
        raise Refused(Trouble("invalid", f"The X-Runway-Version header must be given and be {VERSION}."))


def _read_video(call: Call) -> Order:
    if call.path.endswith("image_to_video"):
        _need_image(call)
    else:
        fields.text(call.body, "promptText", longest=1000)
    asked = {} if call.body.get("duration") == "auto" else call.body
    return _order(call, "video", "mp4", float(fields.whole(asked, "duration", 5, 2, 30)))


def _read_image(call: Call) -> Order:
    fields.text(call.body, "promptText", longest=1000)
    return _order(call, "image", "png", 0.0)


def _order(call: Call, kind: str, form: str, length_s: float) -> Order:
    model, prompt = fields.text(call.body, "model"), str(call.body.get("promptText") or "")
    if model.startswith(RATIO_MODELS):
        fields.text(call.body, "ratio")
    size = _size(call)
    seed = fields.seed(call.body, model, prompt)
    count = fields.whole(call.body, "outputCount", 1, 1, 4)
    credits = CREDITS.get(model, DEFAULT_CREDITS) * count * (length_s or 1)
    outputs = (
        Spec(
            "video" if kind == "video" else "image",
            form,
            call.provider,
            model,
            prompt,
            seed + i,
            *size,
            length_s,
        )
        for i in range(count)
    )
    return Order(model, tuple(outputs), notes={"credits": round(credits)})


def _size(call: Call) -> tuple[int, int]:
    """Read pixels, or a shape beside a resolution, or leave one of them to the model, as each model wants."""
    shape, _, resolution = str(call.body.get("ratio") or "auto").partition("_")
    shape = "16:9" if shape in ("auto", "adaptive") else shape
    resolution = resolution or str(call.body.get("resolution") or "720p")
    size = pixels_of(shape) or video_size(resolution, shape)
    if size is None:
        raise fields.invalid("ratio", f"Invalid ratio {shape!r} or resolution {resolution!r}.")
    return size


def _need_image(call: Call) -> None:
    image = call.body.get("promptImage")
    first = image[0].get("uri") if isinstance(image, list) and image and isinstance(image[0], dict) else image
    if not isinstance(first, str) or not first.startswith(("http://", "https://", "data:", "runway://")):
        raise fields.invalid("promptImage", "Required: an HTTPS URL, a data URI or a runway:// URI.")


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"id": job.id, "estimatedCost": {"credits": job.order.notes["credits"]}})


def _task(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    state, credits = job.state(call.now), job.order.notes["credits"]
    made_at = (
        datetime.fromtimestamp(job.created_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    task: dict[str, object] = {"id": job.id, "createdAt": made_at}
    if state in ("throttled", "queued", "running"):
        status = {"throttled": "THROTTLED", "queued": "PENDING", "running": "RUNNING"}[state]
        task |= {"status": status, "estimatedCost": {"credits": credits}}
        return json_reply(
            200, task | ({"progress": round(job.progress(call.now), 3)} if state == "running" else {})
        )
    if state == "cancelled":
        return json_reply(200, task | {"status": "CANCELLED", "cost": {"credits": 0}})
    if state in FAILURES:
        failure, code = FAILURES[state]
        cost = credits if state == "moderated" else 0  # a refused input is not refunded
        return json_reply(
            200,
            task | {"status": "FAILED", "failure": failure, "failureCode": code, "cost": {"credits": cost}},
        )
    links = [media_url(call, job, index) for index in range(len(job.order.outputs))]
    return json_reply(200, task | {"status": "SUCCEEDED", "output": links, "cost": {"credits": credits}})


def _delete(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    if job.unfinished(call.now):
        job.cancelled_at = call.now
    else:
        job.deleted = True
    return Reply(204, b"")


DIALECT = Dialect(
    name="runway",
    key=bearer,
    gate=_gate,
    trouble=_trouble,
    throttles=True,
    tells_retry=True,
    routes=(
        Submit("/v1/(text_to_video|image_to_video)", _read_video, _created),
        Submit("/v1/text_to_image", _read_image, _created),
        Look("GET", "/v1/tasks/(?P<id>[^/]+)", _task),
        Look("DELETE", "/v1/tasks/(?P<id>[^/]+)", _delete),
    ),
)

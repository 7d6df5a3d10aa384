"""Stability AI: forms in, bytes out, with the finish reason in a header.

One upscaler is a task, whose HTTP code is its state. A picture that the filter takes back comes with a 200
all the same.

Source: a survey of Stability's OpenAPI description, read 2026-11-22.
"""

from base64 import b64encode
from uuid import uuid4

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.size import image_size
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Refused,
    Reply,
    Result,
    Submit,
    Trouble,
    TroubleKind,
    bearer,
    json_reply,
)

IMAGE = "/v2beta/stable-image"
ASPECTS = ("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
FORMATS = ("png", "jpeg", "webp")
SD3 = ("sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash")
NEEDS = {
    "inpaint": ("prompt",),
    "search-and-replace": ("prompt", "search_prompt"),
    "search-and-recolor": ("prompt", "select_prompt"),
    "sketch": ("prompt",),
    "structure": ("prompt",),
    "style": ("prompt",),
    "conservative": ("prompt",),
    "creative": ("prompt",),
}
"""Operation on a picture to the texts that it needs."""

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "unauthorized"), "bad_key": (401, "unauthorized"),
    "credit": (402, "payment_required"),
    "forbidden": (403, "forbidden"), "not_found": (404, "not_found"), "expired": (404, "not_found"),
    "invalid": (400, "bad_request"), "moderation": (403, "content_moderation"),
    "rate": (429, "rate_limit_exceeded"), "concurrency": (429, "rate_limit_exceeded"),
    "internal": (500, "internal_error"), "unavailable": (503, "unavailable"), "timeout": (504, "timeout"),
}  # fmt: skip


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, name = TROUBLES[trouble.kind]
    message = f"{trouble.param}: {trouble.message}" if trouble.param else trouble.message
    answer = {"id": uuid4().hex, "name": name, "errors": [message]}
    return json_reply(trouble.status or status, answer)


def _read_words(call: Call) -> Order:
    model = call.params["service"]
    if model == "sd3":
        model = fields.choice(call.body, "model", "sd3.5-large", SD3)
    prompt = fields.text(call.body, "prompt", longest=10_000)
    size = image_size("1K", fields.choice(call.body, "aspect_ratio", "1:1", ASPECTS))
    return _order(call, model, prompt, size or (1024, 1024))


def _read_picture(call: Call) -> Order:
    """Read a change of a picture, which comes as a part of the form."""
    service = call.params["service"]
    files = dict(call.uploads)
    if "image" not in files:
        raise fields.invalid("image", "is required")
    for name, data in files.items():
        fields.picture(name, data)
    for name in NEEDS.get(service, ()):
        fields.text(call.body, name)
    if service == "outpaint" and not any(call.body.get(side) for side in ("left", "right", "up", "down")):
        raise fields.invalid("left", "at least one of left, right, up and down is required")
    size = (2048, 2048) if "/upscale/" in call.path else (1024, 1024)
    return _order(call, service, str(call.body.get("prompt") or ""), size)


def _order(call: Call, model: str, prompt: str, size: tuple[int, int]) -> Order:
    if not call.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refused(Trouble("invalid", "content-type: must be multipart/form-data"))
    form = fields.choice(call.body, "output_format", "png", FORMATS)
    seed = fields.whole(call.body, "seed", 0, 0, 4_294_967_294) or fields.seed({}, model, prompt)
    return Order(model, (Spec("image", form, call.provider, model, prompt, seed, *size),))


def _picture(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", "Your request was flagged by our content moderation system."))
    return _file(call, job, bodies[0])


def _file(call: Call, job: Job, body: bytes) -> Reply:
    reason = "CONTENT_FILTERED" if job.ending == "moderated" else "SUCCESS"
    spec = job.order.outputs[0]
    if call.headers.get("accept", "").startswith("application/json"):
        answer = {"image": b64encode(body).decode(), "finish_reason": reason, "seed": spec.seed}
        return json_reply(200, answer, {"x-request-id": job.id}, has_media=True)
    headers = {"finish-reason": reason, "seed": str(spec.seed), "x-request-id": job.id}
    return Reply(200, body, spec.content_type, headers, has_media=True)


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"id": job.id})


def _result(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.unfinished(call.now):
        return json_reply(202, {"id": job.id, "status": "in-progress"})
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "The result was flagged by our content moderation system."))
    if not bodies:
        raise Refused(Trouble("internal", "The generation failed."))
    return _file(call, job, bodies[0])


def _id() -> str:
    return uuid4().hex * 2


DIALECT = Dialect(
    name="stability",
    key=bearer,
    trouble=_trouble,
    job_id=_id,
    routes=(
        Submit(f"{IMAGE}/generate/(?P<service>core|ultra|sd3)", _read_words, _picture, inline=True),
        Submit(f"{IMAGE}/upscale/(?P<service>creative)", _read_picture, _created),
        Submit(f"{IMAGE}/(edit|control|upscale)/(?P<service>[a-z-]+)", _read_picture, _picture, inline=True),
        Result("/v2beta/results/(?P<id>[^/]+)", _result),
    ),
)

"""Ideogram: forms in, links out. A picture that is not safe stands in the answer without its link.

Source: a survey of Ideogram's OpenAPI description, read 2026-11-22; that description (2026-04-27) and
developer.ideogram.ai/v1, read 2026-11-25.
"""

from datetime import UTC, datetime

from sluice.sandbox import fields
from sluice.sandbox.job import Job, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.size import image_size, pixels_of
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Refused,
    Reply,
    Submit,
    Trouble,
    TroubleKind,
    header_key,
    json_reply,
    media_url,
)

SPEEDS = ("FLASH", "TURBO", "DEFAULT", "QUALITY")
STYLES = ("AUTO", "GENERAL", "REALISTIC", "DESIGN", "FICTION")
ASPECTS = ("1x3", "3x1", "1x2", "2x1", "9x16", "16x9", "10x16", "16x10", "2x3", "3x2", "3x4", "4x3", "4x5",
           "5x4", "1x1")  # fmt: skip
SERVICES = {
    "generate": (),
    "remix": ("image",),
    "inpaint": ("image", "mask"),
    "replace-background": ("image",),
}
"""Service to the files that it needs."""

TROUBLES: dict[TroubleKind, int] = {
    "credential": 401, "bad_key": 401, "credit": 402, "forbidden": 403, "not_found": 404, "expired": 403,
    "invalid": 400, "moderation": 422, "rate": 429, "concurrency": 429, "internal": 500,
    "unavailable": 503, "timeout": 504,
}  # fmt: skip


def _trouble(trouble: Trouble, call: Call) -> Reply:
    return json_reply(trouble.status or TROUBLES[trouble.kind], {"error": trouble.message})


def _read(call: Call) -> Order:
    if not call.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refused(Trouble("invalid", "Expected multipart/form-data."))
    service, files = call.params["service"], dict(call.uploads)
    for name in SERVICES[service]:
        if name not in files:
            raise fields.invalid(name, f"The {name} is required.")
        fields.picture(name, files[name])
    prompt = fields.text(call.body, "prompt")
    fields.choice(call.body, "rendering_speed", "DEFAULT", SPEEDS)
    fields.choice(call.body, "style_type", "GENERAL", STYLES)
    count = fields.whole(call.body, "num_images", 1, 1, 8)
    seed = fields.whole(call.body, "seed", 0, 0, 2_147_483_647) or fields.seed({}, service, prompt)
    size, model = _size(call), f"ideogram-v3/{service}"
    outputs = tuple(Spec("image", "png", call.provider, model, prompt, seed + i, *size) for i in range(count))
    return Order(model, outputs)


def _size(call: Call) -> tuple[int, int]:
    if resolution := call.body.get("resolution"):
        size = pixels_of(str(resolution))
    else:
        aspect = fields.choice(call.body, "aspect_ratio", "1x1", ASPECTS)
        size = image_size("1K", aspect.replace("x", ":"))
    if size is None:
        raise fields.invalid("aspect_ratio", "The aspect ratio or resolution is not supported.")
    return size


def _pictures(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", "Prompt or provided image failed the safety check."))
    safe = job.ending != "moderated"
    data = [
        {
            "url": media_url(call, job, index) if safe else None,
            "prompt": spec.text,
            "resolution": f"{spec.width_px}x{spec.height_px}",
            "is_image_safe": safe,
            "seed": spec.seed,
            "style_type": call.body.get("style_type") or "GENERAL",
        }
        for index, spec in enumerate(job.order.outputs)
    ]
    return json_reply(200, {"created": datetime.fromtimestamp(call.now, UTC).isoformat(), "data": data})


DIALECT = Dialect(
    name="ideogram",
    key=header_key("api-key"),
    trouble=_trouble,
    routes=(Submit(f"/v1/ideogram-v3/(?P<service>{'|'.join(SERVICES)})", _read, _pictures, inline=True),),
)

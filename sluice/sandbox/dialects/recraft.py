"""Recraft: pictures in the same call, made as OpenAI makes them or from a form; some errors are plain text.

Source: recraft.ai/docs (appendix, error handling) and a survey of its API, read 2026-11-24.
"""

from base64 import b64encode
from uuid import uuid4

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
    bearer,
    json_reply,
    media_url,
)

MODELS = ("recraftv2", "recraftv3", "recraftv4", "recraftv4_pro")
UNITS = {"recraftv2": 22, "recraftv4_pro": 250}
DEFAULT_UNITS = 40
PLAIN: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "request unauthorized"),
    "bad_key": (401, "request unauthorized"),
    "not_found": (404, "404 page not found"),
}
"""Trouble that is told as plain text."""

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credit": (402, "not_enough_credits"), "forbidden": (403, "forbidden"), "expired": (404, "not_found"),
    "invalid": (400, "invalid_request_parameter"), "moderation": (400, "moderation_failed"),
    "rate": (429, "rate_limit_exceeded"), "concurrency": (429, "rate_limit_exceeded"),
    "internal": (500, "internal_error"), "unavailable": (503, "unavailable"), "timeout": (504, "timeout"),
}  # fmt: skip


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if trouble.kind in PLAIN:
        status, text = PLAIN[trouble.kind]
        return Reply(trouble.status or status, text.encode(), "text/plain")
    status, code = TROUBLES[trouble.kind]
    return json_reply(trouble.status or status, {"code": code, "message": trouble.message})


def _read_words(call: Call) -> Order:
    words = str(call.body.get("size") or "1024x1024")
    size = pixels_of(words) or image_size("2K" if _model(call) == "recraftv4_pro" else "1K", words)
    if size is None:
        raise fields.invalid("size", f"size {words!r} is not supported")
    return _order(call, size)


def _read_picture(call: Call) -> Order:
    files = dict(call.uploads)
    needed = ("image", "mask") if call.path.endswith("inpaint") else ("image",)
    for name in needed:
        if name not in files:
            raise fields.invalid(name, f"{name} is required")
    for name, data in files.items():
        fields.picture(name, data)
    if call.path.endswith("imageToImage") and "strength" not in call.body:
        raise fields.invalid("strength", "strength is required")
    return _order(call, (1024, 1024))


def _order(call: Call, size: tuple[int, int]) -> Order:
    model = _model(call)
    prompt = fields.text(call.body, "prompt", longest=10_000 if "v4" in model else 1000)
    count = fields.whole(call.body, "n", 1, 1, 6)
    seed = fields.whole(call.body, "random_seed", 0, 0, 2**32 - 1) or fields.seed({}, model, prompt)
    outputs = tuple(
        Spec("image", "webp", call.provider, model, prompt, seed + i, *size) for i in range(count)
    )
    return Order(model, outputs, notes={"credits": UNITS.get(model, DEFAULT_UNITS) * count})


def _model(call: Call) -> str:
    return fields.choice(call.body, "model", "recraftv3", MODELS)


def _pictures(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "The prompt did not pass moderation."))
    inline = call.body.get("response_format") == "b64_json"
    data = [
        {"image_id": str(uuid4())}
        | ({"b64_json": b64encode(body).decode()} if inline else {"url": media_url(call, job, index)})
        for index, body in enumerate(bodies)
    ]
    return json_reply(
        200,
        {"created": int(call.now), "credits": job.order.notes["credits"], "data": data},
        has_media=inline,
    )


DIALECT = Dialect(
    name="recraft",
    key=bearer,
    trouble=_trouble,
    routes=(
        Submit("/v1/images/generations", _read_words, _pictures, inline=True),
        Submit("/v1/images/(imageToImage|inpaint|replaceBackground)", _read_picture, _pictures, inline=True),
    ),
)

"""OpenAI: images and speech, all answered in the same call.

Source: openai 3.54.0 (Python), read 2026-11-22.
"""

import json
from base64 import b64encode

from sluice.sandbox import fields
from sluice.sandbox.dialects.openai_chat import CHAT
from sluice.sandbox.dialects.openai_error import request_id, trouble
from sluice.sandbox.job import Job, Order
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.size import pixels_of
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Refused,
    Reply,
    Submit,
    Trouble,
    bearer,
    json_reply,
    media_url,
)

QUALITIES = ("auto", "low", "medium", "high", "xhigh", "max", "standard", "hd")
IMAGE_TOKENS = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 6240, "max": 8320}
"""Output tokens of one 1024 x 1024 image; other sizes in proportion. ``xhigh`` and ``max`` are guessed."""

INPUT_IMAGE_TOKENS = 272
AUDIO_TOKENS_PER_S = 20.8
FORMATS = {"png": "png", "webp": "webp", "jpeg": "jpeg", "gif": "gif"}
SPEECH_RATE_HZ = {"opus": 48_000}
"""Every other speech format has 24 kHz."""


def _read_image(call: Call) -> Order:
    model = fields.text(call.body, "model")
    prompt = fields.text(call.body, "prompt", longest=32_000)
    count = fields.whole(call.body, "n", 1, 1, 10)
    width, height = _size(call)
    quality = fields.choice(call.body, "quality", "auto", QUALITIES)
    quality = {"auto": "medium", "standard": "medium", "hd": "high"}.get(quality, quality)
    form = FORMATS[fields.choice(call.body, "output_format", "png", tuple(FORMATS))]
    seed = fields.seed({}, prompt, width, height)
    outputs = tuple(
        Spec("image", form, call.provider, model, prompt, seed + i, width, height) for i in range(count)
    )
    return Order(model, outputs, notes={"quality": quality})


def _read_edit(call: Call) -> Order:
    if not _images_given(call):
        raise fields.invalid("image", "Missing required parameter: 'image'.")
    for name, data in call.uploads:
        fields.picture(name, data)
    return _read_image(call)


def _images_given(call: Call) -> int:
    return sum(name == "image" or name.startswith("image[") for name, _ in call.uploads)


def _size(call: Call) -> tuple[int, int]:
    words = str(call.body.get("size") or "auto")
    size = (1024, 1024) if words == "auto" else pixels_of(words)
    if (
        size is None
        or size[0] % 16
        or size[1] % 16
        or not 1 / 3 <= size[0] / size[1] <= 3
        or max(size) > 3840
    ):
        raise fields.invalid(
            "size", f"Invalid value: {words!r}. Supported sizes are 'auto' and WIDTHxHEIGHT."
        )
    return size


def _images(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "Your request was rejected by the safety system."))
    if str(call.body.get("stream")).lower() == "true":
        return _image_stream(call, job, bodies)
    as_url = job.order.model.startswith("dall-e") and call.body.get("response_format") != "b64_json"
    data = [
        {"url": media_url(call, job, index)} if as_url else {"b64_json": b64encode(body).decode()}
        for index, body in enumerate(bodies)
    ]
    answer = {"created": int(call.now), "data": data, **_facts(call, job)}
    return json_reply(200, answer, _headers(job), has_media=True)


def _facts(call: Call, job: Job) -> dict[str, object]:
    spec = job.order.outputs[0]
    return {
        "background": call.body.get("background") or "opaque",
        "output_format": spec.format,
        "quality": job.order.notes["quality"],
        "size": f"{spec.width_px}x{spec.height_px}",
        "usage": _usage(call, job),
    }


def _usage(call: Call, job: Job) -> dict[str, object]:
    text, images = -(-len(job.order.outputs[0].text) // 4), _images_given(call) * INPUT_IMAGE_TOKENS
    base = IMAGE_TOKENS[str(job.order.notes["quality"])]
    made = sum(round(base * spec.width_px * spec.height_px / 1024**2) for spec in job.order.outputs)
    return {
        "input_tokens": text + images,
        "output_tokens": made,
        "total_tokens": text + images + made,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
        "output_tokens_details": {"text_tokens": 0, "image_tokens": made},
    }


def _image_stream(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    prefix = "image_edit" if call.path.endswith("edits") else "image_generation"
    data = {"b64_json": b64encode(bodies[0]).decode(), "created_at": int(call.now), **_facts(call, job)}
    partial = {name: value for name, value in data.items() if name != "usage"}
    partials = fields.whole(call.body, "partial_images", 0, 0, 3)
    events = [
        {"type": f"{prefix}.partial_image", "partial_image_index": index, **partial}
        for index in range(partials)
    ]
    return _events(job, [*events, {"type": f"{prefix}.completed", **data}])


def _read_speech(call: Call) -> Order:
    model = fields.text(call.body, "model")
    said = fields.text(call.body, "input", longest=4096)
    voice = call.body.get("voice")
    if not (isinstance(voice, str) and voice) and not (isinstance(voice, dict) and voice.get("id")):
        raise fields.invalid("voice", "Missing required parameter: 'voice'.")
    form = fields.choice(call.body, "response_format", "mp3", ("mp3", "opus", "aac", "flac", "wav", "pcm"))
    length_s = speech_seconds(said, fields.number(call.body, "speed", 1.0, 0.25, 4.0))
    rate_hz = SPEECH_RATE_HZ.get(form, 24_000)
    seed = fields.seed({}, said, voice)
    spec = Spec("audio", form, call.provider, model, said, seed, duration_s=length_s, rate_hz=rate_hz)
    return Order(model, (spec,))


def _speech(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "Your request was rejected by the safety system."))
    spec = job.order.outputs[0]
    if call.body.get("stream_format") != "sse":
        return Reply(200, bodies[0], spec.content_type, _headers(job), has_media=True)
    heard, made = -(-len(spec.text) // 4), round(spec.duration_s * AUDIO_TOKENS_PER_S)
    usage = {"input_tokens": heard, "output_tokens": made, "total_tokens": heard + made}
    step = 16_384
    parts = [bodies[0][start : start + step] for start in range(0, len(bodies[0]), step)]
    events: list[dict[str, object]] = [
        {"type": "speech.audio.delta", "audio": b64encode(part).decode()} for part in parts
    ]
    return _events(job, [*events, {"type": "speech.audio.done", "usage": usage}])


def _events(job: Job, events: list[dict[str, object]]) -> Reply:
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Reply(200, body.encode(), "text/event-stream; charset=utf-8", _headers(job), has_media=True)


def _headers(job: Job) -> dict[str, str]:
    return {"x-request-id": job.id, "openai-processing-ms": str(round(job.render_s * 1000))}


DIALECT = Dialect(
    name="openai",
    key=bearer,
    trouble=trouble,
    job_id=request_id,
    tells_retry=True,
    routes=(
        *CHAT,
        Submit("/v1/images/generations", _read_image, _images, inline=True),
        Submit("/v1/images/edits", _read_edit, _images, inline=True),
        Submit("/v1/audio/speech", _read_speech, _speech, inline=True),
    ),
)

"""Together: pictures and speech in the same call, clips as jobs; chats and embeddings in OpenAI's form.

An SDK with a base URL of its own asks for clips below that; the API itself has them in its second version.

Source: together 2.36.0 (Python), read 2026-11-25.
"""

from base64 import b64encode

from sluice.sandbox import fields
from sluice.sandbox.dialects import openai_chat
from sluice.sandbox.dialects.openai_error import trouble
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.size import video_size
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Look,
    Refused,
    Reply,
    Submit,
    Trouble,
    bearer,
    json_reply,
    media_url,
    need_job,
)

SPEECH_RATE_HZ = 24_000
VIDEOS = "/v[12]/videos"
REFUSED = "Your request was rejected by the safety system."
ERRORS = {
    "failed": {"code": "internal_error", "message": "The generation failed"},
    "moderated": {"code": "content_filter", "message": REFUSED},
}


def _read_image(call: Call) -> Order:
    model, prompt = fields.text(call.body, "model"), fields.text(call.body, "prompt")
    width, height = (
        fields.whole(call.body, name, most, 64, 1792) for name, most in (("width", 1024), ("height", 768))
    )
    form = fields.choice(call.body, "output_format", "jpeg", ("jpeg", "png"))
    seed, count = fields.seed(call.body, model, prompt), fields.whole(call.body, "n", 1, 1, 4)
    outputs = tuple(
        Spec("image", form, call.provider, model, prompt, seed + i, width, height) for i in range(count)
    )
    return Order(model, outputs)


def _images(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    coded = call.body.get("response_format") == "base64"
    data = [
        {"index": index, "type": "b64_json", "b64_json": b64encode(body).decode()}
        if coded
        else {"index": index, "type": "url", "url": media_url(call, job, index)}
        for index, body in enumerate(bodies)
    ]
    answer = {"id": job.id, "object": "list", "model": job.order.model, "data": data}
    return json_reply(200, answer, has_media=coded)


def _read_clip(call: Call) -> Order:
    model, prompt = fields.text(call.body, "model"), str(call.body.get("prompt") or "")
    frames = (call.body.get("media") or {}).get("frame_images") or call.body.get("frame_images") or []
    if not all(isinstance(frame, dict) and frame.get("input_image") for frame in frames):
        raise fields.invalid("media", "each frame image needs an 'input_image'")
    if not prompt and not frames:
        raise fields.invalid("prompt", "Missing required parameter: 'prompt'.")
    seconds = str(call.body.get("seconds") or "5")
    if not seconds.isdigit() or not 1 <= int(seconds) <= 20:
        raise fields.invalid("seconds", f"Invalid value for 'seconds': {seconds!r}.")
    spec = Spec(
        "video",
        "mp4",
        call.provider,
        model,
        prompt,
        fields.seed(call.body, model, prompt),
        *_clip_size(call),
        float(seconds),
    )
    return Order(model, (spec,), notes={"seconds": seconds})


def _clip_size(call: Call) -> tuple[int, int]:
    if call.body.get("width") and call.body.get("height"):
        return tuple(fields.whole(call.body, name, 0, 64, 3840) for name in ("width", "height"))  # type: ignore[return-value]
    size = video_size(str(call.body.get("resolution") or "720p"), str(call.body.get("ratio") or "16:9"))
    if size is None:
        raise fields.invalid("resolution", "Invalid value for 'resolution' or 'ratio'.")
    return size


def _created(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", REFUSED))
    return json_reply(200, _clip(call, job))


def _get(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, _clip(call, need_job(call, jobs, call.params["id"])))


def _clip(call: Call, job: Job) -> dict[str, object]:
    state, spec = job.state(call.now), job.order.outputs[0]
    ended = not job.unfinished(call.now)
    clip: dict[str, object] = {
        "id": job.id,
        "object": "video",
        "model": job.order.model,
        "status": ("completed" if state == "done" else "failed") if ended else "in_progress",
        "created_at": job.created_at,
        "completed_at": job.done_at if ended else None,
        "seconds": job.order.notes["seconds"],
        "size": f"{spec.width_px}x{spec.height_px}",
    }
    if state == "done":
        clip["outputs"] = {"cost": 1, "video_url": media_url(call, job, 0)}
    return clip | ({"error": ERRORS[state]} if state in ERRORS else {})


def _read_speech(call: Call) -> Order:
    model, said = fields.text(call.body, "model"), fields.text(call.body, "input")
    voice = fields.text(call.body, "voice")
    form = fields.choice(call.body, "response_format", "wav", ("mp3", "wav", "raw"))
    seed = fields.seed({}, said, voice)
    spec = Spec(
        "audio",
        {"raw": "pcm"}.get(form, form),
        call.provider,
        model,
        said,
        seed,
        duration_s=speech_seconds(said, 1.0),
        rate_hz=SPEECH_RATE_HZ,
    )
    return Order(model, (spec,))


def _speech(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    return Reply(200, bodies[0], job.order.outputs[0].content_type, has_media=True)


def _check(job: Job) -> None:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", REFUSED))


DIALECT = Dialect(
    name="together",
    key=bearer,
    trouble=trouble,
    tells_retry=True,
    routes=(
        Submit("/v1/images/generations", _read_image, _images, inline=True),
        Submit("/v1/audio/speech", _read_speech, _speech, inline=True),
        Submit(VIDEOS, _read_clip, _created),
        Look("GET", VIDEOS + "/(?P<id>[^/]+)", _get),
        *openai_chat.CHAT,
    ),
)

"""ElevenLabs: speech, sound effects and music as bytes, and transcription; all answered in the same call.

Source: elevenlabs 2.78.0 (Python), wire observed; read 2026-11-22.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from sluice.sandbox import fields, hearing
from sluice.sandbox.job import Job, Order
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.media.speech import timed
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
)

DEFAULT_FORMAT = "mp3_44100_128"
NEWER_MUSIC_FORMAT = "mp3_48000_192"
FORMAT = re.compile(r"(?P<format>mp3|opus|pcm|wav|ulaw|alaw)_(?P<rate>\d{4,5})(?:_(?P<kbps>\d{2,3}))?")
VOICE = "/v1/text-to-speech/(?P<voice>[^/]+)"

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "invalid_api_key"),
    "bad_key": (401, "invalid_api_key"),
    "credit": (401, "quota_exceeded"),
    "forbidden": (403, "missing_permissions"),
    "moderation": (400, "content_against_policy"),
    "not_found": (404, "not_found"),
    "expired": (404, "not_found"),
    "rate": (429, "system_busy"),
    "concurrency": (429, "too_many_concurrent_requests"),
    "internal": (500, "internal_server_error"),
    "unavailable": (503, "service_unavailable"),
    "timeout": (504, "timeout"),
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if trouble.kind == "invalid":
        kind = "value_error" if trouble.param in call.body else "missing"
        detail = {"loc": ["body", trouble.param or "body"], "msg": trouble.message, "type": kind}
        return json_reply(trouble.status or 422, {"detail": [detail]})
    status, code = TROUBLES[trouble.kind]
    return json_reply(trouble.status or status, {"detail": {"status": code, "message": trouble.message}})


def _read_speech(call: Call) -> Order:
    text = fields.text(call.body, "text", longest=40_000)
    voice = call.body.get("voice_settings") or {}
    if not isinstance(voice, dict):
        raise fields.invalid("voice_settings", "Input should be an object")
    speed = fields.number(voice, "speed", 1.0, 0.5, 2.0)
    model = str(call.body.get("model_id") or "eleven_multilingual_v2")
    return _order(call, model, text, speech_seconds(text, speed), {"character-cost": str(len(text))})


def _read_sound(call: Call) -> Order:
    text = fields.text(call.body, "text")
    length_s = fields.number(
        call.body, "duration_seconds", min(30.0, max(1.0, speech_seconds(text))), 0.5, 30
    )
    return _order(call, str(call.body.get("model_id") or "eleven_text_to_sound_v2"), text, length_s, {})


def _read_music(call: Call) -> Order:
    model, plan = str(call.body.get("model_id") or "music_v1"), call.body.get("composition_plan")
    text = str(plan) if plan is not None else fields.text(call.body, "prompt", longest=4100)
    length_s = fields.whole(call.body, "music_length_ms", 30_000, 3_000, 600_000) / 1000
    own = DEFAULT_FORMAT if model == "music_v1" else NEWER_MUSIC_FORMAT
    return _order(call, model, text, length_s if plan is None else _planned_s(plan), {}, auto=own)


def _planned_s(plan: object) -> float:
    """Add up the parts of a composition plan: music_v1 calls them sections, later models chunks."""
    parts = (plan.get("sections") or plan.get("chunks")) if isinstance(plan, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise fields.invalid("composition_plan", "Input should have sections or chunks")
    return sum(fields.whole(part, "duration_ms", 3_000, 3_000, 120_000) for part in parts) / 1000


def _order(
    call: Call, model: str, text: str, length_s: float, headers: dict[str, str], *, auto: str | None = None
) -> Order:
    form, rate_hz, bitrate_bps = _format(call, auto)
    seed = fields.seed(call.body, model, text, call.params.get("voice", ""))
    spec = Spec("audio", form, call.provider, model, text, seed, 0, 0, length_s, rate_hz, bitrate_bps)
    return Order(model, (spec,), notes={"headers": headers})


def _format(call: Call, auto: str | None) -> tuple[str, int, int]:
    """Read the output format; ``auto`` is the model's own choice, where it may be asked for one."""
    words = call.query.get("output_format", auto or DEFAULT_FORMAT)
    words = auto if auto and words == "auto" else words
    found = FORMAT.fullmatch(words)
    if not found or not 8_000 <= int(found["rate"]) <= 48_000:
        raise fields.invalid(
            "output_format", f"Input should be a format such as {DEFAULT_FORMAT!r}, not {words!r}"
        )
    return found["format"], int(found["rate"]), int(found["kbps"] or 128) * 1000


def _sound(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    return Reply(200, bodies[0], job.order.outputs[0].content_type, _headers(job), has_media=True)


def _timed(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    spec = job.order.outputs[0]
    step = spec.duration_s / len(spec.text)
    alignment = {
        "characters": list(spec.text),
        "character_start_times_seconds": [round(i * step, 3) for i in range(len(spec.text))],
        "character_end_times_seconds": [round((i + 1) * step, 3) for i in range(len(spec.text))],
    }
    aligned = {"alignment": alignment, "normalized_alignment": alignment}
    if call.path.endswith("/stream/with-timestamps"):
        return _timed_lines(job, bodies[0], aligned)
    answer = {"audio_base64": b64encode(bodies[0]).decode(), **aligned}
    return json_reply(200, answer, _headers(job), has_media=True)


def _timed_lines(job: Job, body: bytes, aligned: dict[str, Any]) -> Reply:
    """Send a sound in two lines of JSON, of which only the first is aligned."""
    middle = len(body) // 2
    parts = [(body[:middle], aligned), (body[middle:], dict.fromkeys(aligned))]
    lines = [json.dumps({"audio_base64": b64encode(part).decode(), **facts}) for part, facts in parts]
    text = "\n".join(lines) + "\n"
    return Reply(200, text.encode(), "application/x-ndjson", _headers(job), has_media=True)


def _read_heard(call: Call) -> Order:
    model = fields.text(call.body, "model_id")
    files = [data for name, data in call.uploads if name == "file"]
    url = call.body.get("source_url") or call.body.get("cloud_storage_url")
    if not url and not files:
        raise fields.invalid("file", "Exactly one of file or cloud_storage_url must be provided.")
    spec = hearing.of_url(call, model, str(url)) if url else hearing.of_file(call, model, "file", files[0])
    return Order(model, (spec,), notes={"headers": {}})


def _heard(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    spec, speakers = job.order.outputs[0], str(call.body.get("diarize")).lower() == "true"
    answer = {
        "language_code": call.body.get("language_code") or "eng",
        "language_probability": 0.98,
        "text": spec.text,
        "words": list(_words(spec, speakers)) if call.body.get("timestamps_granularity") != "none" else [],
        "transcription_id": job.id,
        "audio_duration_secs": spec.duration_s,
    }
    return json_reply(200, answer, _headers(job), has_media=True)


def _words(spec: Spec, speakers: bool) -> Iterator[dict[str, object]]:
    """Tell the words, and the space between two as an item of its own."""
    for number, word in enumerate(timed(spec)):
        facts = {"logprob": -0.1, "speaker_id": f"speaker_{word.sentence % 2}" if speakers else None}
        if number:
            yield {"text": " ", "start": word.start, "end": word.start, "type": "spacing", **facts}
        yield {"text": word.text, "start": word.start, "end": word.end, "type": "word", **facts}


def _check(job: Job) -> None:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "The content was found to be against our policies."))


def _headers(job: Job) -> dict[str, str]:
    found = job.order.notes["headers"]
    own = {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
    return {"request-id": job.id, "history-item-id": job.id[::-1], **own}


def _id() -> str:
    return uuid4().hex[:20]


DIALECT = Dialect(
    name="elevenlabs",
    key=header_key("xi-api-key"),
    trouble=_trouble,
    job_id=_id,
    tells_retry=True,
    routes=(
        Submit(VOICE + "(/stream)?", _read_speech, _sound, inline=True),
        Submit(VOICE + "(/stream)?/with-timestamps", _read_speech, _timed, inline=True),
        Submit("/v1/sound-generation", _read_sound, _sound, inline=True),
        Submit("/v1/music(/stream)?", _read_music, _sound, inline=True),
        Submit("/v1/speech-to-text", _read_heard, _heard, inline=True),
    ),
)

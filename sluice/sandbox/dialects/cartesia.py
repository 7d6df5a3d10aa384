"""Cartesia: speech and transcription, answered in the same call.

Source: cartesia 4.2.0 (Python), read 2026-11-25.
"""

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
    bearer,
    json_reply,
)

ENCODINGS = {"pcm_s16le": "pcm", "pcm_mulaw": "ulaw", "pcm_alaw": "alaw"}
RATES_HZ = ("8000", "16000", "22050", "24000", "44100", "48000")

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "unauthorized"),
    "bad_key": (401, "unauthorized"),
    "credit": (402, "quota_exceeded"),
    "forbidden": (403, "forbidden"),
    "invalid": (400, "bad_request"),
    "moderation": (400, "content_refused"),
    "not_found": (404, "not_found"),
    "expired": (404, "not_found"),
    "rate": (429, "too_many_requests"),
    "concurrency": (429, "concurrency_limited"),
    "internal": (500, "internal_server_error"),
    "unavailable": (503, "service_unavailable"),
    "timeout": (504, "timeout"),
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, code = TROUBLES[trouble.kind]
    title = code.replace("_", " ").capitalize()
    error = {"error_code": code, "title": title, "message": trouble.message, "request_id": str(uuid4())}
    return json_reply(trouble.status or status, error)


def _gate(call: Call) -> None:
    if not call.headers.get("cartesia-version"):
        raise fields.invalid("Cartesia-Version", "The header Cartesia-Version is required.")


def _read_speech(call: Call) -> Order:
    model = fields.text(call.body, "model_id")
    text = fields.text(call.body, "transcript")
    voice = call.body.get("voice")
    if not (isinstance(voice, str) and voice) and not (isinstance(voice, dict) and voice.get("id")):
        raise fields.invalid("voice", "voice must be an ID or an object with one")
    form, rate_hz = _format(call.body.get("output_format"))
    speed = fields.number(call.body.get("generation_config") or {}, "speed", 1.0, 0.6, 1.5)
    seed = fields.seed({}, model, text, voice)
    length_s = speech_seconds(text, speed)
    spec = Spec("audio", form, call.provider, model, text, seed, duration_s=length_s, rate_hz=rate_hz)
    return Order(model, (spec,))


def _format(asked: Any) -> tuple[str, int]:
    if not isinstance(asked, dict):
        raise fields.invalid("output_format", "output_format is required")
    container = fields.choice(asked, "container", "", ("raw", "wav", "mp3"))
    rate_hz = int(fields.choice({"sample_rate": str(asked.get("sample_rate"))}, "sample_rate", "", RATES_HZ))
    if container == "mp3":
        fields.whole(asked, "bit_rate", 0, 32_000, 192_000)
        return "mp3", rate_hz
    encoding = ENCODINGS[fields.choice(asked, "encoding", "", tuple(ENCODINGS))]
    return ("wav" if container == "wav" else encoding), rate_hz


def _speech(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    return Reply(200, bodies[0], job.order.outputs[0].content_type, _headers(job), has_media=True)


def _read_stt(call: Call) -> Order:
    model = fields.text(call.body, "model")
    files = [data for name, data in call.uploads if name == "file"]
    if not files:
        raise fields.invalid("file", "file is required")
    return Order(model, (hearing.of_file(call, model, "file", files[0]),))


def _stt(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    spec, granularities = job.order.outputs[0], call.body.get("timestamp_granularities[]")
    answer: dict[str, object] = {
        "type": "transcript",
        "request_id": job.id,
        "text": spec.text,
        "language": call.body.get("language") or "en",
        "duration": spec.duration_s,
        "is_final": True,
    }
    if granularities:
        answer["words"] = [{"word": w.text, "start": w.start, "end": w.end} for w in timed(spec)]
    return json_reply(200, answer, _headers(job), has_media=True)


def _check(job: Job) -> None:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "The content was refused."))


def _headers(job: Job) -> dict[str, str]:
    return {"request-id": job.id}


DIALECT = Dialect(
    name="cartesia",
    key=bearer,
    trouble=_trouble,
    tells_retry=True,
    gate=_gate,
    routes=(
        Submit("/tts/bytes", _read_speech, _speech, inline=True),
        Submit("/stt", _read_stt, _stt, inline=True),
    ),
)

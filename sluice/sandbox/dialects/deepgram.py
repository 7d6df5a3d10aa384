"""Deepgram: transcription by URL or of the body itself, and speech, all answered in the same call.

Source: deepgram-sdk 7.17.0 (Python), read 2026-11-25.
"""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from sluice.sandbox import fields, hearing
from sluice.sandbox.job import Job, Order
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.media.speech import Word, sentences, timed
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

ENCODINGS = {"linear16": "wav", "mp3": "mp3", "flac": "flac", "opus": "opus", "aac": "aac", "mulaw": "ulaw"}
RATES_HZ = {"mp3": 22_050, "aac": 22_050, "opus": 48_000}
"""Every other encoding has 24 kHz."""

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (401, "INVALID_AUTH"),
    "bad_key": (401, "INVALID_AUTH"),
    "credit": (402, "ASR_PAYMENT_REQUIRED"),
    "forbidden": (403, "INSUFFICIENT_PERMISSIONS"),
    "invalid": (400, "Bad Request"),
    "moderation": (400, "CONTENT_REFUSED"),
    "not_found": (404, "NOT_FOUND"),
    "expired": (404, "NOT_FOUND"),
    "rate": (429, "TOO_MANY_REQUESTS"),
    "concurrency": (429, "TOO_MANY_REQUESTS"),
    "internal": (500, "INTERNAL_SERVER_ERROR"),
    "unavailable": (503, "SERVICE_UNAVAILABLE"),
    "timeout": (504, "GATEWAY_TIMEOUT"),
}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    status, code = TROUBLES[trouble.kind]
    error = {"err_code": code, "err_msg": trouble.message, "request_id": str(uuid4())}
    return json_reply(trouble.status or status, error)


def _read_listen(call: Call) -> Order:
    model = str(call.query.get("model") or "base-general")
    if call.uploads:
        spec = hearing.of_file(call, model, "body", call.uploads[0][1])
    else:
        spec = hearing.of_url(call, model, fields.text(call.body, "url"))
    return Order(model, (spec,))


def _listen(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    spec, asked = job.order.outputs[0], call.query
    words, speakers = timed(spec), asked.get("diarize") == "true"
    best = {"transcript": spec.text, "confidence": 0.99, "words": [_word(w, speakers) for w in words]}
    language = {"detected_language": "en"} if asked.get("detect_language") == "true" else {}
    results: dict[str, object] = {"channels": [{"alternatives": [best], **language}]}
    if asked.get("utterances") == "true":
        results["utterances"] = [_utterance(text, own, speakers) for text, own in sentences(words)]
    return json_reply(200, {"metadata": _metadata(job, spec), "results": results}, has_media=True)


def _word(word: Word, speakers: bool) -> dict[str, object]:
    who = {"speaker": word.sentence % 2, "speaker_confidence": 0.9} if speakers else {}
    plain = word.text.strip(".").lower()
    return {"word": plain, "punctuated_word": word.text, **_times([word]), "confidence": 0.99, **who}


def _utterance(text: str, own: list[Word], speakers: bool) -> dict[str, object]:
    who = {"speaker": own[0].sentence % 2} if speakers else {}
    words = [_word(word, speakers) for word in own]
    return {**_times(own), "confidence": 0.99, "channel": 0, "transcript": text, "words": words, **who}


def _times(own: list[Word]) -> dict[str, object]:
    return {"start": own[0].start, "end": own[-1].end}


def _metadata(job: Job, spec: Spec) -> dict[str, object]:
    return {
        "request_id": job.id,
        "sha256": sha256(spec.text.encode()).hexdigest(),
        "created": datetime.fromtimestamp(job.created_at, UTC).isoformat().replace("+00:00", "Z"),
        "duration": spec.duration_s,
        "channels": 1,
        "models": [spec.model],
        "model_info": {spec.model: {"name": spec.model, "version": "sandbox", "arch": "none"}},
    }


def _read_speak(call: Call) -> Order:
    model = str(call.query.get("model") or "aura-asteria-en")
    text = fields.text(call.body, "text", longest=2000)
    form = ENCODINGS[fields.choice(call.query, "encoding", "mp3", tuple(ENCODINGS))]
    seed, rate_hz = fields.seed({}, model, text), RATES_HZ.get(form, 24_000)
    length_s = speech_seconds(text)
    spec = Spec("audio", form, call.provider, model, text, seed, duration_s=length_s, rate_hz=rate_hz)
    return Order(model, (spec,))


def _speak(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    _check(job)
    spec = job.order.outputs[0]
    headers = {"dg-char-count": str(len(spec.text)), "dg-model-name": spec.model, "dg-request-id": job.id}
    return Reply(200, bodies[0], spec.content_type, headers, has_media=True)


def _check(job: Job) -> None:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "The content was refused."))


def _key(call: Call) -> str | None:
    return bearer(call, "Token") or bearer(call)


DIALECT = Dialect(
    name="deepgram",
    key=_key,
    trouble=_trouble,
    routes=(
        Submit("/v1/listen", _read_listen, _listen, inline=True),
        Submit("/v1/speak", _read_speak, _speak, inline=True),
    ),
)

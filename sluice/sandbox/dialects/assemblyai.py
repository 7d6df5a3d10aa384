"""AssemblyAI: files are uploaded or named by URL; a transcript is a job that is asked for again and again.

Source: assemblyai 1.8.2 (Python), read 2026-11-25.
"""

import re
from uuid import uuid4

from sluice.sandbox import fields, hearing
from sluice.sandbox.caller import FORGED
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.media.speech import Word, sentences, timed
from sluice.sandbox.wire import (
    Call,
    Callback,
    Dialect,
    Look,
    Refused,
    Reply,
    Submit,
    Trouble,
    TroubleKind,
    header_key,
    json_reply,
    need_job,
)

STATUSES: dict[TroubleKind, int] = {
    "credential": 401, "bad_key": 401, "credit": 402, "forbidden": 403, "invalid": 400, "moderation": 400,
    "not_found": 404, "expired": 404, "rate": 429, "concurrency": 429, "internal": 500, "unavailable": 503,
    "timeout": 504,
}  # fmt: skip
STATES = {"throttled": "queued", "queued": "queued", "running": "processing", "done": "completed"}
"""State of a job to AssemblyAI's; every other state is ``error``."""

REASONS = {
    "failed": "An internal error occurred. Please try again.",
    "moderated": "The file is against the content policy.",
}
UPLOADED = re.compile(r".*/_upload/(?P<seconds>[\d.]+)-\w+")


def _trouble(trouble: Trouble, call: Call) -> Reply:
    return json_reply(trouble.status or STATUSES[trouble.kind], {"error": trouble.message})


def _upload(call: Call, jobs: Jobs) -> Reply:
    """Take a file; how long it is stands in its URL, so nothing has to be kept."""
    if not call.uploads:
        raise fields.invalid("body", "Upload failed, please try again")
    seconds = hearing.sound_seconds("body", call.uploads[0][1])
    return json_reply(200, {"upload_url": f"{call.base}/_upload/{seconds}-{uuid4().hex}"})


def _read(call: Call) -> Order:
    url = fields.text(call.body, "audio_url")
    models = call.body.get("speech_models") or [call.body.get("speech_model") or "universal"]
    if not isinstance(models, list) or not all(isinstance(each, str) for each in models):
        raise fields.invalid("speech_models", '"speech_models" must be a list of models')
    found = UPLOADED.fullmatch(url)
    length_s = float(found["seconds"]) if found else hearing.UNSEEN_S
    spec = hearing.of_url(call, models[0], url, length_s)
    return Order(models[0], (spec,), notes={"request": dict(call.body)})


def _begun(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.refused:
        raise Refused(Trouble("moderation", REASONS["moderated"]))
    return json_reply(200, _transcript(call, job))


def _get(call: Call, jobs: Jobs) -> Reply:
    return json_reply(200, _transcript(call, need_job(call, jobs, call.params["id"])), has_media=True)


def _list(call: Call, jobs: Jobs) -> Reply:
    found = [_transcript(call, job) for job in jobs.of(call.provider)]
    shown = [{name: each[name] for name in ("id", "status", "audio_url")} for each in found]
    return json_reply(
        200, {"page_details": {"limit": len(shown), "result_count": len(shown)}, "transcripts": shown}
    )


def _erase(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    erased = {**_transcript(call, job), "text": "Deleted by user.", "audio_url": "http://deleted_by_user"}
    job.cancelled_at, job.deleted = call.now, True
    return json_reply(200, erased)


def _transcript(call: Call, job: Job) -> dict[str, object]:
    state, asked = job.state(call.now), job.order.notes["request"]
    request = asked if isinstance(asked, dict) else {}
    answer: dict[str, object] = {
        "id": job.id,
        "status": STATES.get(state, "error"),
        "audio_url": request.get("audio_url"),
        "speech_model_used": job.order.model,
        "language_code": request.get("language_code") or "en_us",
        "speaker_labels": bool(request.get("speaker_labels")),
        **dict.fromkeys(("text", "words", "utterances", "confidence", "audio_duration")),
    }
    if state == "done":
        return answer | _said(job.order.outputs[0], bool(request.get("speaker_labels")))
    return answer | ({"error": REASONS[state]} if state in REASONS else {})


def _said(spec: Spec, speakers: bool) -> dict[str, object]:
    words = timed(spec)
    utterances = [
        {**_passage(own, speakers), "text": text, "words": [_passage([word], speakers) for word in own]}
        for text, own in sentences(words)
    ]
    return {
        "text": spec.text,
        "words": [_passage([word], speakers) for word in words],
        "utterances": utterances if speakers else None,
        "confidence": 0.97,
        "audio_duration": round(spec.duration_s),
    }


def _passage(own: list[Word], speakers: bool) -> dict[str, object]:
    times = {"start": round(own[0].start * 1000), "end": round(own[-1].end * 1000)}
    who = "AB"[own[0].sentence % 2] if speakers else None
    return {"text": own[0].text, **times, "confidence": 0.97, "speaker": who}


def _called(call: Call, job: Job) -> dict[str, object]:
    return {"transcript_id": job.id, "status": STATES.get(job.state(call.now), "error")}


def _sign(call: Call, job: Job, body: bytes) -> dict[str, str]:
    """Say the caller's own word again, under the name that it gave; somebody else does not know it."""
    name = str(call.body.get("webhook_auth_header_name") or "x-unnamed")
    told = str(call.body.get("webhook_auth_header_value", ""))
    return {name: "unknown" if body.endswith(FORGED) else told}


DIALECT = Dialect(
    name="assemblyai",
    key=header_key("authorization"),
    trouble=_trouble,
    throttles=True,
    callback=Callback(lambda call: call.body.get("webhook_url"), _called, _sign, begins=lambda call: False),
    routes=(
        Look("POST", "/v2/upload", _upload),
        Submit("/v2/transcript", _read, _begun),
        Look("GET", "/v2/transcript", _list),
        Look("GET", "/v2/transcript/(?P<id>[^/]+)", _get),
        Look("DELETE", "/v2/transcript/(?P<id>[^/]+)", _erase),
    ),
)

"""Google's Gemini API: pictures and speech in the same call, Veo as a long-running operation.

Source: google-genai 3.4.0 and 2.34.0 (Python), wire observed; read 2026-11-22.
"""

from base64 import b64encode
from random import SystemRandom
from string import ascii_lowercase, digits
from typing import Any

from sluice.sandbox.dialects import google_talk
from sluice.sandbox.dialects.google_order import read_content, read_veo
from sluice.sandbox.job import Job, Jobs
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Look,
    Refused,
    Reply,
    Submit,
    Talk,
    Trouble,
    TroubleKind,
    bearer,
    json_reply,
    media_url,
    need_job,
)

VERSION = r"/(?P<version>v1|v1alpha|v1beta)"
MODEL = VERSION + r"/models/(?P<model>[^/:]+)"
SPEAKER = VERSION + r"/models/(?P<model>(?![^/:]*(?:image|banana|tts))[^/:]+)"
KIND = "type.googleapis.com/google.rpc."

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (403, "PERMISSION_DENIED"),
    "bad_key": (400, "INVALID_ARGUMENT"),
    "credit": (429, "RESOURCE_EXHAUSTED"),
    "forbidden": (403, "PERMISSION_DENIED"),
    "invalid": (400, "INVALID_ARGUMENT"),
    "moderation": (400, "INVALID_ARGUMENT"),
    "not_found": (404, "NOT_FOUND"),
    "expired": (403, "PERMISSION_DENIED"),
    "rate": (429, "RESOURCE_EXHAUSTED"),
    "concurrency": (429, "RESOURCE_EXHAUSTED"),
    "internal": (500, "INTERNAL"),
    "unavailable": (503, "UNAVAILABLE"),
    "timeout": (504, "DEADLINE_EXCEEDED"),
}
NAMES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
"""Names of the statuses that the table gives to more than one trouble."""


def trouble(trouble: Trouble, call: Call) -> Reply:
    """Refuse a call."""
    if trouble.kind == "moderation":
        return google_talk.refusal(call)
    status, name = TROUBLES[trouble.kind]
    if trouble.status:
        status, name = trouble.status, NAMES.get(trouble.status, name)
    details: list[dict[str, Any]] = []
    if trouble.kind == "bad_key" and status == 400:
        details.append({"@type": KIND + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"})
    if status == 429:
        details.append(
            {"@type": KIND + "QuotaFailure", "violations": [{"quotaMetric": f"{trouble.kind}_requests"}]}
        )
    if trouble.retry_after_s is not None:
        details.append({"@type": KIND + "RetryInfo", "retryDelay": f"{trouble.retry_after_s:.9g}s"})
    error = {
        "code": status,
        "message": trouble.message,
        "status": name,
        **({"details": details} if details else {}),
    }
    return json_reply(status, {"error": error})


def content(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    """Answer ``generateContent`` with what was made."""
    if job.ending == "moderated":
        text = "Unable to show the generated image. The image may violate Google's policies."
        refusal = {
            "index": 0,
            "finishReason": "IMAGE_SAFETY",
            "finishMessage": text,
            "content": {"role": "model"},
        }
        return google_talk.sent(call, [_answer(job, [refusal], 0)])
    candidates: list[dict[str, Any]] = []
    for index, (spec, body) in enumerate(zip(job.order.outputs, bodies, strict=True)):
        kind = f"audio/L16;codec=pcm;rate={spec.rate_hz}" if spec.kind == "audio" else spec.content_type
        part = {"inlineData": {"mimeType": kind, "data": b64encode(body).decode()}}
        candidates.append(
            {"index": index, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
        )
    tokens = job.order.notes["tokens"]
    return google_talk.sent(call, [_answer(job, candidates, int(str(tokens)) * len(bodies))])


def _answer(job: Job, candidates: list[dict[str, Any]], made: int) -> dict[str, Any]:
    asked = int(str(job.order.notes["prompt_tokens"]))
    modality = "AUDIO" if job.order.outputs[0].kind == "audio" else "IMAGE"
    usage: dict[str, Any] = {
        "promptTokenCount": asked,
        "candidatesTokenCount": made,
        "totalTokenCount": asked + made,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": asked}],
    }
    if made:
        usage["candidatesTokensDetails"] = [{"modality": modality, "tokenCount": made}]
    facts = {"usageMetadata": usage, "modelVersion": job.order.model, "responseId": job.id}
    return {"candidates": candidates, **facts}


def _started(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"name": _name(job)})


def _operation(call: Call, jobs: Jobs) -> Reply:
    job = need_job(call, jobs, call.params["id"])
    if job.order.model != call.params["model"]:
        raise Refused(Trouble("not_found", "Operation not found."))
    state = job.state(call.now)
    if state == "failed":
        error = {
            "code": 13,
            "message": "Video generation failed due to an internal server issue. Please try again.",
        }
        return json_reply(200, {"name": _name(job), "done": True, "error": error})
    if state not in ("done", "moderated"):
        return json_reply(200, {"name": _name(job)})
    kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
    videos = _filtered(job) if state == "moderated" else {"generatedSamples": _samples(call, job)}
    return json_reply(
        200, {"name": _name(job), "done": True, "response": {"@type": kind, "generateVideoResponse": videos}}
    )


def _filtered(job: Job) -> dict[str, Any]:
    reason = "The prompt may violate Google's policies. You have not been charged."
    return {"raiMediaFilteredCount": len(job.order.outputs), "raiMediaFilteredReasons": [reason]}


def _samples(call: Call, job: Job) -> list[dict[str, Any]]:
    return [
        {"video": {"uri": f"{call.base}/v1beta/files/{job.id}{index}:download?alt=media"}}
        for index in range(len(job.order.outputs))
    ]


def _download(call: Call, jobs: Jobs) -> Reply:
    name, index = call.params["file"][:-1], call.params["file"][-1]  # the SDK takes letters and digits only
    job = jobs.find(call.provider, name)
    found = job is not None and index.isdigit() and int(index) < len(job.order.outputs)
    if job is None or not found or job.state(call.now) != "done":
        raise Refused(
            Trouble("expired", "You do not have permission to access the File or it may not exist.")
        )
    return Reply(302, b"", "text/html; charset=UTF-8", {"location": media_url(call, job, int(index))})


def _name(job: Job) -> str:
    return f"models/{job.order.model}/operations/{job.id}"


def _key(call: Call) -> str | None:
    return call.headers.get("x-goog-api-key") or call.query.get("key") or bearer(call)


def new_id() -> str:
    """Name a job."""
    return "".join(SystemRandom().choices(ascii_lowercase + digits, k=12))


DIALECT = Dialect(
    name="google",
    key=_key,
    trouble=trouble,
    job_id=new_id,
    overload=google_talk.event(google_talk.BUSY),
    routes=(
        Talk(SPEAKER + ":(generateContent|streamGenerateContent)", google_talk.talk),
        Submit(MODEL + ":(generateContent|streamGenerateContent)", read_content, content, inline=True),
        Submit(MODEL + ":predictLongRunning", read_veo, _started),
        Look("GET", MODEL + r"/operations/(?P<id>[^/]+)", _operation),
        Look("GET", VERSION + r"/files/(?P<file>[^/:]+):download", _download, role="file"),
    ),
)

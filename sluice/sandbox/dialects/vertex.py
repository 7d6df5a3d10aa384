"""Google's Vertex AI: the Gemini API's calls below a project, Imagen, and Veo whose answers hold the clips.

Source: google-genai 3.6.1 and 2.34.0 (Python) with ``vertexai=True``, google-auth 2.63.0; read 2026-11-25.
"""

from base64 import b64encode
from dataclasses import replace
from typing import Any

from sluice.sandbox import account
from sluice.sandbox.dialects import google, google_talk
from sluice.sandbox.dialects.google_order import read_content, read_imagen, read_vertex_veo
from sluice.sandbox.job import Job, Jobs
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Look,
    Refused,
    Reply,
    Result,
    Submit,
    Talk,
    Trouble,
    bearer,
    json_reply,
)

TOKEN = "/token"  # noqa: S105  a path
PLACE = r"/(?P<version>v1|v1beta1)/(?P<place>projects/[^/]+/locations/[^/]+)/publishers/google/models/"
MODEL = PLACE + r"(?P<model>[^/:]+)"
SPEAKER = PLACE + r"(?P<model>(?![^/:]*(?:image|banana|tts))[^/:]+)"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FILTERED = "Unable to show the generated media. It may violate Google's policies. You have not been charged."


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if call.path == TOKEN:
        status = trouble.status or google.TROUBLES[trouble.kind][0]
        word = "invalid_grant" if status < 500 else "internal_failure"
        return json_reply(status, {"error": word, "error_description": trouble.message})
    if trouble.kind in ("credential", "bad_key"):
        trouble = replace(trouble, status=trouble.status or 401)
    return google.trouble(trouble, call)


def _granted(call: Call, jobs: Jobs) -> Reply:
    """Give an access token for what an account has signed."""
    if call.body.get("grant_type") != GRANT:
        raise Refused(Trouble("invalid", f"grant_type must be {GRANT}."))
    audiences = (account.ENDPOINT, call.base + TOKEN)
    try:
        account.account_of(str(call.body.get("assertion", "")), audiences, SCOPE, call.now)
    except account.Unproven as error:
        raise Refused(Trouble("invalid", str(error))) from None
    return json_reply(
        200, {"access_token": account.token(), "expires_in": account.LIFE_S - 1, "token_type": "Bearer"}
    )


def _predicted(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    """Answer with pictures; one that is filtered out says why to those who ask."""
    if job.ending == "moderated":
        reason = {"raiFilteredReason": FILTERED}
        return json_reply(200, {"predictions": [reason] * len(bodies)} if job.order.notes["reason"] else {})
    pictures = [{"mimeType": "image/png", "bytesBase64Encoded": b64encode(body).decode()} for body in bodies]
    return json_reply(200, {"predictions": pictures}, has_media=True)


def _started(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    return json_reply(200, {"name": _name(call, job)})


def _fetched(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if call.body.get("operationName") != _name(call, job):
        raise Refused(Trouble("not_found", "Operation not found."))
    told: dict[str, Any] = {"name": _name(call, job)}
    state = job.state(call.now)
    if state == "failed":
        error = {"code": 13, "message": "Video generation failed due to an internal server issue."}
        return json_reply(200, {**told, "done": True, "error": error})
    if state not in ("done", "moderated"):
        return json_reply(200, told)
    kind = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
    response: dict[str, Any] = {"@type": kind, "raiMediaFilteredCount": 0, "videos": _videos(job, bodies)}
    if state == "moderated":
        count = len(job.order.outputs)
        response = {"@type": kind, "raiMediaFilteredCount": count, "raiMediaFilteredReasons": [FILTERED]}
    return json_reply(200, {**told, "done": True, "response": response}, has_media=True)


def _videos(job: Job, bodies: list[bytes]) -> list[dict[str, str]]:
    if bucket := str(job.order.notes["bucket"]).rstrip("/"):
        return [
            {"gcsUri": f"{bucket}/{job.id}/sample_{index}.mp4", "mimeType": "video/mp4"}
            for index in range(len(bodies))
        ]
    return [{"bytesBase64Encoded": b64encode(body).decode(), "mimeType": "video/mp4"} for body in bodies]


def _name(call: Call, job: Job) -> str:
    return f"{call.params['place']}/publishers/google/models/{call.params['model']}/operations/{job.id}"


DIALECT = Dialect(
    name="vertex",
    key=bearer,
    trouble=_trouble,
    job_id=google.new_id,
    overload=google_talk.event(google_talk.BUSY),
    routes=(
        Look("POST", TOKEN, _granted, role="token", public=True),
        Talk(SPEAKER + ":(generateContent|streamGenerateContent)", google_talk.talk),
        Submit(MODEL + ":(generateContent|streamGenerateContent)", read_content, google.content, inline=True),
        Submit(MODEL + ":predict", read_imagen, _predicted, inline=True),
        Submit(MODEL + ":predictLongRunning", read_vertex_veo, _started),
        Result(
            MODEL + ":fetchPredictOperation",
            _fetched,
            "POST",
            job_id=lambda call: str(call.body.get("operationName", "")).rpartition("/")[2],
        ),
    ),
)

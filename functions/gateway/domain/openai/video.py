"""Films: ``/v1/videos``, where a film is a job with other names for its states."""

from collections.abc import Mapping
from typing import Any

from gateway.domain import media, pricing, view
from gateway.domain.job import Job
from gateway.domain.openai import field
from gateway.errors import Clash, GatewayError, InvalidRequest, NotFound

OPERATIONS = frozenset(name for name, modality in media.MODALITIES.items() if modality == "video")
NAMES = {"seconds": "duration", "input_reference": "image", "user": "customer_id"}
_STATES = {
    "queued": "queued",
    "running": "in_progress",
    "delivering": "in_progress",
    "succeeded": "completed",
}
_REFERENCES = ("image_url", "file_id")


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read a call as the body of ``POST /v1/{model}``.

    Raises:
        InvalidRequest: its length is no number of seconds, or its reference is none.
    """
    found = field.renamed(given, NAMES)
    if "duration" in found:
        found["duration"] = _seconds(found["duration"])
    if isinstance(found.get("image"), Mapping):
        found["image"] = _reference(found["image"])
    return found


def document(job: Job) -> dict[str, Any]:
    """Write a job as OpenAI writes a film."""
    film = job.outputs[0] if job.outputs else None
    length = film.duration_s if film and film.duration_s else job.input.get("duration")
    micros = view.cost_micros(job)
    done = job.status == "succeeded"
    return {
        "id": job.id,
        "object": "video",
        "status": _STATES.get(job.status, "failed"),
        "model": job.model,
        "progress": 100 if done else min(99, round((job.progress or 0) * 100)),
        "created_at": int(job.created_at),
        "completed_at": int(job.finished_at) if done and job.finished_at else None,
        "expires_at": int((job.finished_at or 0) + job.retention_days * 86400) if done else None,
        "seconds": None if length is None else f"{float(length):g}",
        "size": f"{film.width}x{film.height}" if film and film.width else job.input.get("size"),
        "prompt": job.input.get("prompt"),
        "error": _error(job),
        "remixed_from_video_id": None,
        "usage": {"cost": float(pricing.usd(micros)) if job.ended and micros is not None else None},
    }


def content_of(job: Job, variant: str) -> str:
    """Return the key of a film's file.

    Raises:
        GatewayError: there is none, or not yet.
    """
    if variant not in ("", "video"):
        raise field.wrong("variant", f"only the video itself is kept, not {variant[:20]!r}")
    if job.status == "succeeded" and job.outputs:
        return job.outputs[0].key
    raise _no_content(job)


def missing(video_id: str) -> NotFound:
    """Say that there is no such film."""
    return NotFound(
        f"no video {video_id[:40]!r} under this key's tenant.", code="video_not_found", param="video_id"
    )


def _no_content(job: Job) -> GatewayError:
    if job.ended:
        return NotFound(
            f"the video {job.id} has no content, because it ended as {job.status!r}.",
            code="video_not_found",
            job_id=job.id,
        )
    return Clash(
        f"the video {job.id} is {job.status!r} and has no content yet; "
        f"ask again when GET /v1/videos/{job.id} says 'completed'.",
        code="not_ended",
        job_id=job.id,
        headers={"x-should-retry": "false"},
    )


def _error(job: Job) -> dict[str, str] | None:
    if job.status in ("failed", "expired"):
        return {"code": job.error_code, "message": job.error_message}
    if job.status == "canceled":
        return {"code": "canceled", "message": "it was canceled by its caller."}
    return None


def _seconds(value: Any) -> int | float:
    try:
        length = float(value)
        whole = int(length)
    except (TypeError, ValueError, OverflowError):
        raise field.wrong("seconds", "must be a number of seconds, such as '8'") from None
    return whole if whole == length else length


def _reference(given: Mapping[str, Any]) -> str:
    values = [given[name] for name in _REFERENCES if given.get(name)]
    if len(values) != 1 or not isinstance(values[0], str) or given.keys() - set(_REFERENCES):
        raise InvalidRequest(
            "input_reference: must be a file, or an object with 'image_url', or with the reference of an "
            "upload as 'file_id'.",
            code="invalid_parameter",
            param="input_reference",
        )
    return values[0]

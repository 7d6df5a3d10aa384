"""Segmind's API as its own SDK reads it: our jobs in its words.

Source: segmind 1.3.0 (Python) and docs.segmind.com, read 2026-11-24. Not published, so a guess of ours: the
list of models and the account.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain import pricing, view
from gateway.domain.instant import written
from gateway.domain.job import Job
from gateway.domain.receiver import EVERY, Webhook
from gateway.errors import GatewayError, InvalidRequest, JobFailed, NotFound
from gateway.plan import Plan

# Its own prefix in our names, for a slug that no route has by itself.
PREFIX = "segmind/"
# Events of its webhooks that tell how something ended.
FLOWS = ("PIXELFLOW", "GRAPH_RUN")
# Of a seed: any.
RANDOM = -1
_STATUSES = {
    "queued": "QUEUED",
    "running": "PROCESSING",
    "delivering": "PROCESSING",
    "succeeded": "COMPLETED",
}
FAILED = "FAILED"
_CALLERS = frozenset({"invalid_request", "input_unreachable", "moderation"})


def model_of(plan: Plan, slug: str) -> str:
    """Return the public name that a slug stands for; a slug that is none stays as it is, to be refused.

    >>> from types import SimpleNamespace
    >>> plan = SimpleNamespace(routes={"flux-pro": 1, "segmind/ssd-1b": 2})
    >>> [model_of(plan, slug) for slug in ("flux-pro", "ssd-1b", "segmind/ssd-1b", "none")]
    ['flux-pro', 'segmind/ssd-1b', 'segmind/ssd-1b', 'none']
    """
    prefixed = PREFIX + slug
    return prefixed if slug not in plan.routes and prefixed in plan.routes else slug


def parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body without what says nothing: a seed that may be any, and base64 that is not wanted.

    >>> parameters({"prompt": "x", "seed": -1, "base64": False})
    {'prompt': 'x'}
    """
    idle = {"seed": RANDOM, "base64": False}
    return {name: value for name, value in body.items() if name not in idle or value != idle[name]}


def is_chat(plan: Plan, model: str) -> bool:
    """Tell whether a model answers with words."""
    return model in plan.routes and "chat" in plan.routes[model].operations


def chat_body(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Return a chat as ours are asked for; a prompt by itself is what the user says.

    >>> chat_body({"prompt": "hi", "top_p": 1}, "m")
    {'top_p': 1, 'model': 'm', 'messages': [{'role': 'user', 'content': 'hi'}]}
    """
    given = {name: value for name, value in parameters(body).items() if name not in ("prompt", "stream")}
    said = [{"role": "user", "content": body["prompt"]}] if "prompt" in body else []
    return {**given, "model": model, "messages": given.get("messages") or said}


def files(body: Mapping[str, Any]) -> list[bytes]:
    """Read the files of an upload, which are data URLs.

    Raises:
        InvalidRequest: one is none.

    >>> files({"data_urls": ["data:text/plain;base64,aGk="]})
    [b'hi']
    """
    urls = body.get("data_urls")
    if not isinstance(urls, list) or not urls:
        wrong = "data_urls: must be a list of data URLs, such as 'data:image/png;base64,...'."
        raise InvalidRequest(wrong, code="invalid_parameter", param="data_urls")
    return [_file(url, number) for number, url in enumerate(urls)]


def _file(url: Any, number: int) -> bytes:
    head, comma, text = url.partition(",") if isinstance(url, str) else ("", "", "")
    try:
        if comma and head.startswith("data:") and head.endswith(";base64"):
            return base64.b64decode(text, validate=True)
    except binascii.Error:
        pass
    wrong = f"data_urls[{number}]: must be a data URL in base64, such as 'data:image/png;base64,...'."
    raise InvalidRequest(wrong, code="invalid_parameter", param="data_urls")


def error(problem: GatewayError) -> dict[str, str]:
    """Write an error: one sentence."""
    return {"error": str(problem)}


def status_of(job: Job) -> str:
    """Return a job's state by its name there."""
    return _STATUSES.get(job.status, FAILED)


def unknown(request_id: str) -> NotFound:
    """Return what is said of an id that nobody knows."""
    return NotFound(f"Request {request_id[:40]} not found", code="job_not_found", param="request_id")


def failure_of(job: Job) -> GatewayError:
    """Return what a caller is told who waited for a job that failed: by the status, who can mend it."""
    status = 400 if job.error_code in _CALLERS else 500
    return JobFailed(status, _why(job), code=job.error_code or job.status, job_id=job.id)


def links(job: Job, base_url: str) -> dict[str, str]:
    """Return where a request is looked at."""
    at = f"{base_url}/v2/requests/{job.id}"
    return {
        "poll_url": f"{base_url}/v1/requests/{job.id}",
        "status_url": f"{at}/status",
        "response_url": at,
    }


def submitted(job: Job, base_url: str) -> dict[str, Any]:
    """Write the answer to a submit."""
    return {"request_id": job.id, "status": _STATUSES["queued"], **links(job, base_url)}


def state(job: Job, base_url: str) -> dict[str, Any]:
    """Write how a request stands, without what it made."""
    failed = {"error": _why(job)} if status_of(job) == FAILED else {}
    return {
        "request_id": job.id,
        "status": status_of(job),
        **links(job, base_url),
        "metrics": _metrics(job),
        **failed,
    }


def result(job: Job, base_url: str, urls: Sequence[str]) -> dict[str, Any]:
    """Write a request with what it made: a URL, or a list where there are several."""
    output = None if not urls else urls[0] if len(urls) == 1 else list(urls)
    return {"error": None, **state(job, base_url), "output": output, "seed": job.seed}


def flow_begun(job: Job, base_url: str) -> dict[str, Any]:
    """Write the answer to a PixelFlow that was started."""
    at = f"{base_url}/workflows/request/{job.id}"
    return {"message": "queued", "request_id": job.id, "status": _STATUSES["queued"], "poll_url": at}


def flow(job: Job, made: Sequence[str]) -> dict[str, Any]:
    """Write how a PixelFlow stands; each thing that it made is named by its number.

    Args:
        made: links, or words.
    """
    kinds = [output.content_type.partition("/")[0] for output in job.outputs] or ["text"] * len(made)
    things = [
        {"keyname": f"output_{number}", "value": {"data": each, "type": kind}}
        for number, (each, kind) in enumerate(zip(made, kinds, strict=True), 1)
    ]
    failed = {"error_message": {"message": _why(job)}} if status_of(job) == FAILED else {}
    return {"request_id": job.id, "status": status_of(job), "output": things or "", **failed}


def http_status(job: Job) -> int:
    """Return the status that goes with a request: one that failed is a 422."""
    return 422 if status_of(job) == FAILED else 200


def headers(job: Job) -> dict[str, str]:
    """Return what goes along with the bytes of a finished job; a cost only where there is a price."""
    known = {
        "x-request-id": job.id,
        "x-generation-time": _seconds(job.started_at, job.finished_at),
        "x-cost": _cost(job),
        "x-seed-value": job.seed,
    }
    return {name: str(value) for name, value in known.items() if value is not None}


def row(job: Job, urls: Sequence[str]) -> dict[str, Any]:
    """Write a request as the history has it."""
    spent_s = _seconds(job.created_at, job.finished_at)
    failed = {"error": _why(job)} if status_of(job) == FAILED else {}
    return {
        "request_id": job.id,
        "model_name": job.model,
        "model_status": history_status(job),
        "status": history_status(job),
        "credits_deduction": _cost(job),
        "request_body": job.input,
        "parameters": job.input,
        "prompt": job.input.get("prompt"),
        "generation_url": urls[0] if urls else None,
        "latency_ms": None if spent_s is None else round(spent_s * 1000),
        "model_created": written(job.created_at),
        "finished_at": written(job.finished_at),
        "user_id": job.key_id,
        **failed,
    }


def history_status(job: Job) -> str:
    """Return a job's state by the words of the history."""
    return status_of(job) if job.ended else "PENDING"


def models(plan: Plan) -> dict[str, Any]:
    """Write the models that are listed here, each with what it takes."""
    listed = [route for route in plan.routes.values() if route.listed]
    return {
        "models": [
            {
                "slug": document["id"],
                "name": document["id"],
                "is_depreciated": False,
                "parameters_schema": document["parameters"],
            }
            for document in (view.model_document(plan, route) for route in listed)
        ]
    }


def webhook(kept: Webhook) -> dict[str, Any]:
    """Write a webhook."""
    return {
        "webhook_id": kept.id,
        "webhook_url": kept.url,
        "event": {"types": list(kept.events)},
        "is_active": kept.disabled_at is None,
        "created_at": written(kept.created_at),
    }


def webhook_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of one of ours: its names for the end of a flow mean the end of any job.

    >>> webhook_fields({"webhook_url": "https://a.example", "event": {"types": ["PIXELFLOW"]}})
    {'url': 'https://a.example', 'events': ['*']}
    """
    said = body.get("event")
    types = said.get("types") if isinstance(said, dict) else None
    named = types if isinstance(types, list) else []
    return {"url": body.get("webhook_url"), "events": [EVERY if each in FLOWS else each for each in named]}


def _why(job: Job) -> str:
    return job.error_message or f"the request was {job.status}"


def _cost(job: Job) -> float | None:
    micros = view.cost_micros(job) if job.ended else None
    return None if micros is None else float(pricing.usd(micros))


def _seconds(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else round(end - begin, 3)


def _metrics(job: Job) -> dict[str, Any]:
    known = {
        "inference_time": _seconds(job.started_at, job.finished_at),
        "queue_time": _seconds(job.created_at, job.started_at),
        "total_time": _seconds(job.created_at, job.finished_at),
        "cost": _cost(job) if status_of(job) == "COMPLETED" else None,
        "retry_count": max(0, len(job.attempts) - 1),
    }
    return {name: value for name, value in known.items() if value is not None}

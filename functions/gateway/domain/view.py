"""What callers see of a job and of a model: the documents of the API."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.domain import destination, link, media, pricing, selection
from gateway.domain.instant import written
from gateway.domain.job import Attempt, Job
from gateway.plan import Model, Parameter, Plan, Route


def job_document(
    job: Job, base_url: str, secret: Callable[[], bytes], turn: tuple[int, float | None] | None = None
) -> dict[str, Any]:
    """Write a job as callers read it; links are signed here, at the last moment.

    Args:
        base_url: the address under which the caller reaches us, without a slash at its end.
        turn: of a job that waits: its position in the queue, and about when it may start.
        secret: brings the deployment's link secret, which only a job with files needs.
    """
    ends_at = (job.finished_at or job.created_at) + job.retention_days * 86400
    outputs = [
        {
            "url": f"{base_url}/v1/files/{link.sign(_linked(job, output.key), ends_at, secret())}",
            "content_type": output.content_type,
            "bytes": output.bytes,
            "sha256": output.sha256,
            "width": output.width,
            "height": output.height,
            "duration_s": output.duration_s,
            **_destination(job, output.key),
        }
        for output in (job.outputs if job.status == "succeeded" else ())
    ]
    return {
        "id": job.id,
        "object": "job",
        "status": job.status,
        "model": job.model,
        "operation": job.operation,
        "created_at": written(job.created_at),
        "started_at": written(job.started_at),
        "finished_at": written(job.finished_at),
        "progress": job.progress,
        "queue_position": turn[0] if turn else None,
        "expected_start_at": written(turn[1]) if turn else _expected_start(job),
        "outputs": outputs,
        "output_url": outputs[0]["url"] if outputs else None,
        "cost": _cost(job),
        "attempts": [_attempt(job, attempt) for attempt in job.attempts],
        "skipped": [{"provider": s.provider, "model": s.model, "reason": s.reason} for s in job.skipped],
        "seed": job.seed,
        "plan": job.plan,
        "customer_id": job.customer_id,
        "metadata": job.metadata,
        "batch": job.batch or None,
        "replay_of": job.replay_of or None,
        "error": _error(job),
    }


def model_document(plan: Plan, route: Route) -> dict[str, Any]:
    """Write a route as an entry of the model list: OpenAI's fields, and what each of its targets can do."""
    models = [plan.model_of(target) for target in route.targets]
    parameters: dict[str, Parameter] = {}
    for model in models:
        for name, parameter in model.parameters.items():
            parameters.setdefault(name, parameter)
    prices = [line for model in models for line in _prices(model)]
    usual = selection.usual_micros(plan, route)
    return {
        "id": route.name,
        "object": "model",
        "created": 0,
        "owned_by": models[0].provider,
        "operations": list(route.operations),
        "modality": media.MODALITIES[route.operations[0]],
        "providers": list(dict.fromkeys(model.provider for model in models)),
        "regions": sorted({region for m in models for region in plan.served_in(m)}),
        "fallback": list(route.fallback),
        "parameters": {name: _parameter(parameter) for name, parameter in parameters.items()},
        "pricing": prices or "unpriced",
        "usual_usd": None if usual is None else pricing.usd(usual),
    }


def cost_micros(job: Job) -> int | None:
    """Return what a job costs at list price so far, or ``None`` when its target has no price."""
    if not job.priced:
        return None
    return sum(line.micros for line in job.lines)


def _linked(job: Job, key: str) -> str:
    return key if job.destination is None else destination.linked(job.destination, key)


def _destination(job: Job, key: str) -> dict[str, Any]:
    at = job.destination
    return {} if at is None else {"destination": {"name": at.name, "bucket": at.bucket, "key": key}}


def _cost(job: Job) -> dict[str, Any]:
    micros = cost_micros(job)
    return {
        "usd": None if micros is None else pricing.usd(micros),
        "status": _settled(job) if job.ended else "pending",
        "billed_to": "byok" if job.own_key else "platform",
        "lines": [
            {
                "meter": line.meter,
                "units": str(line.units),
                "unit_usd": pricing.unit_usd(line.unit_micros, line.per),
                "usd": pricing.usd(line.micros),
                "source": line.source,
            }
            for line in job.lines
        ],
    }


def _settled(job: Job) -> str:
    if not job.priced:
        return "unpriced"
    return "estimated" if job.estimated else "final"


def _attempt(job: Job, attempt: Attempt) -> dict[str, Any]:
    started = attempt.started_at
    ended = attempt.finished_at
    last = attempt is job.attempts[-1] and job.status == "succeeded"
    return {
        "n": attempt.n,
        "provider": attempt.provider,
        "model": attempt.model,
        "version": attempt.model,
        "region": attempt.region,
        "status": "running" if attempt.status == "accepted" else attempt.status,
        "provider_job_id": attempt.kept.get("job"),
        "started_at": written(started),
        "finished_at": written(ended),
        "queued_ms": round((started - attempt.reserved_at) * 1000) if started else None,
        "provider_ms": round((ended - started) * 1000) if started and ended else None,
        "usd": _cost(job)["usd"] if last else "0",
        "circuit": attempt.circuit,
        "dropped": list(attempt.dropped),
        "cancel": attempt.cancel or None,
        "error": {"class": attempt.error, "code": attempt.code, "message": attempt.message}
        if attempt.error
        else None,
    }


def _error(job: Job) -> dict[str, Any] | None:
    if not job.error_code:
        return None
    retryable = job.error_code not in ("invalid_request", "input_unreachable", "moderation")
    return {"code": job.error_code, "message": job.error_message, "retryable": retryable}


def _expected_start(job: Job) -> str | None:
    waits = job.attempts and job.attempt.status == "reserved" and not job.ended
    return written(job.attempt.slot_at) if waits else None


def _parameter(parameter: Parameter) -> dict[str, Any]:
    facts: Mapping[str, Any] = {
        "type": parameter.type,
        "enum": list(parameter.enum) or None,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "max_length": parameter.max_length,
        "default": parameter.default,
        "required": parameter.required,
        "operations": list(parameter.operations) or None,
        "items": parameter.items or None,
        "max_items": parameter.max_items,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _prices(model: Model) -> list[dict[str, Any]]:
    return [
        {
            "provider": model.provider,
            "meter": line.meter,
            "unit_usd": pricing.unit_usd(line.micros, line.per),
            "when": {name: list(values) for name, values in line.when.items()},
            "as_of": line.as_of,
            "source": line.source,
        }
        for line in model.prices
    ]

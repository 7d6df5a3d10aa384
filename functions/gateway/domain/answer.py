"""What a caller gets within the call: OpenAI's documents, with the cost in their usage."""

from collections.abc import Mapping
from typing import Any

from gateway.domain import view
from gateway.domain.job import Job

Usage = Mapping[str, Any]


def completion(job: Job, choices: list[dict[str, Any]], usage: Usage) -> dict[str, Any]:
    """Write a whole answer."""
    told = [_choice(index, choice) for index, choice in enumerate(choices)]
    return {**_head(job, "chat.completion"), "choices": told, "usage": usage}


def chunk(job: Job, choices: list[dict[str, Any]], usage: Usage | None) -> dict[str, Any]:
    """Write a piece of a stream."""
    return {**_head(job, "chat.completion.chunk"), "choices": choices, "usage": usage}


def embeddings(job: Job, data: list[dict[str, Any]], usage: Usage) -> dict[str, Any]:
    """Write vectors."""
    counts = {name: value for name, value in usage.items() if not name.startswith("completion_tokens")}
    return {"object": "list", "data": data, "model": _model(job), "usage": counts}


def priced(usage: Usage, job: Job) -> dict[str, Any]:
    """Put a job's cost into its usage, in dollars; nothing is known of what has no price."""
    micros = view.cost_micros(job)
    return {**usage, "cost": None if micros is None else micros / 1_000_000}


def _head(job: Job, kind: str) -> dict[str, Any]:
    return {
        "id": job.id,
        "object": kind,
        "created": int(job.created_at),
        "model": _model(job),
        "provider": job.attempt.provider,
        "system_fingerprint": None,
    }


def _model(job: Job) -> str:
    """Return the public name of what answered, which a fallback makes another one than was asked for."""
    return job.chain[job.attempt.hop].route


def _choice(index: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what clients expect to be there."""
    said = {"role": "assistant", "content": None, **given["message"]}
    return {"index": index, "finish_reason": "stop", "logprobs": None, **given, "message": said}

"""What callers read of a batch: its document, and the lines of its two reports."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gateway.domain import link
from gateway.domain.batch import Batch, File, Line
from gateway.domain.instant import written as instant


def document(
    batch: Batch, counts: Mapping[str, int], base_url: str, secret: Callable[[], bytes]
) -> dict[str, Any]:
    """Write a batch as callers read it; links are signed here, at the last moment.

    Args:
        secret: brings the deployment's link secret, which only a batch with reports needs.
    """
    ends_at = (batch.finished_at or batch.created_at) + batch.retention_days * 86400

    def url(file: File | None) -> str | None:
        return f"{base_url}/v1/files/{link.sign(file.key, ends_at, secret())}" if file else None

    failed = {"code": batch.error_code, "message": batch.error_message} if batch.error_code else None
    return {
        "id": batch.id,
        "object": "batch",
        "status": batch.status,
        "counts": dict(counts),
        "created_at": instant(batch.created_at),
        "deadline_at": instant(batch.deadline_at),
        "canceled_at": instant(batch.cancel_at),
        "finished_at": instant(batch.finished_at),
        "results_url": url(batch.results),
        "failures_url": url(batch.failures),
        "metadata": batch.metadata,
        "error": failed,
    }


def entry(line: Line, job: dict[str, Any] | None) -> bytes:
    """Write what became of a line: its job, or the error that the API would have answered."""
    told = {"line": line.number, "custom_id": line.custom_id, "job": job, "error": line.error}
    return msgspec.json.encode(told) + b"\n"

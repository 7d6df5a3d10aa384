"""Workflow step: end the job and write what it cost."""

from typing import Any

from gateway.flow.settle import settle
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer whether somebody wants to be told."""
    job = settle(_ports, job_of(_ports, event), lost=event.get("lost", False))
    return told("settle", event, {"notify": bool(job.webhook_url), "status": job.status})

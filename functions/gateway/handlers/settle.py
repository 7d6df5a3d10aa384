"""Workflow step: end the job, write what it cost, and set off whoever tells of it."""

from typing import Any

from gateway.flow.settle import settle
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer how it ended."""
    job = settle(_ports, job_of(_ports, event), lost=event.get("lost", False))
    return told("settle", event, {"status": job.status})

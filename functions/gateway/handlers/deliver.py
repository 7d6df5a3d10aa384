"""Workflow step: bring an attempt's finished files into the bucket."""

from typing import Any

from gateway.flow import deliver
from gateway.flow.outcome import Outcome
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer ``delivered``, or what follows a delivery that failed. Delivering twice is delivering once."""
    job = job_of(_ports, event)
    done = job.ended or bool(job.outputs)
    outcome = Outcome("delivered", job) if done else deliver.from_links(_ports, job, job.attempt)
    return told("deliver", event, outcome.payload())

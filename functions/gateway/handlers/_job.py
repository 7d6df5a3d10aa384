"""Read the job that an event of the workflow names, and write down what a step decided."""

from typing import Any

from gateway.domain.job import Job
from gateway.flow.ports import Ports
from gateway.handlers import _wiring


def job_of(ports: Ports, event: dict[str, Any]) -> Job:
    """Return the job that an event names.

    Raises:
        LookupError: it does not exist.
    """
    job = ports.jobs.get(event["tenant"], event["job"])
    if job is None:
        raise LookupError(f"no job {event['job']!r}")
    return job


def told(step: str, event: dict[str, Any], outcome: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Log a step's decision by ids alone, with what else is worth a look, and return it."""
    _wiring.logger.info(step, **{"job": event["job"], "attempt": event.get("attempt"), **more, **outcome})
    return outcome

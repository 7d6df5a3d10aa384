"""Workflow step: look at a running attempt."""

from typing import Any

from gateway.flow import attempt
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer how the attempt stands."""
    outcome = attempt.check(
        _ports, job_of(_ports, event), event["attempt"], called=event.get("called", False)
    )
    return told("check", event, outcome.payload())

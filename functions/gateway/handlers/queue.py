"""Workflow step: put a job into the queue of a full pool; the workflow waits there for the pump's word."""

from typing import Any

from gateway.flow import chain
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a place; the answer goes nowhere, the token is what counts."""
    chain.enter_queue(_ports, job_of(_ports, event), event["hop"], event["token"])
    return told("queue", event, {"outcome": "waiting"})

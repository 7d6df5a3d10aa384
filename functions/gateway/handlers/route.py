"""Workflow step: choose the next target and reserve its slot."""

import math
from datetime import UTC, datetime
from typing import Any

from gateway.flow import chain
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

# The least time for a message to wait in its queue, be lost with its worker, and come back.
QUEUE_S = 900

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer ``go`` with the slot of the next attempt, or ``end``."""
    moved = chain.advance(_ports, job_of(_ports, event))
    if isinstance(moved, chain.End):
        return told("route", event, {"outcome": "end"})
    attempt = moved.attempt
    at = datetime.fromtimestamp(math.ceil(attempt.slot_at * 1000) / 1000, UTC)
    slot = {
        "outcome": "go",
        "attempt": attempt.n,
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "provider": attempt.provider,
        "timeout_s": max(QUEUE_S, math.ceil(moved.job.deadline_at - _ports.now())),
    }
    return told("route", event, slot)

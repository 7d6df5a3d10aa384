"""Workflow step: bring an attempt's finished files into the bucket."""

import math
from typing import Any

from gateway.flow import deliver
from gateway.flow.outcome import Outcome
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

# Longer than any pause between two pieces of a file, and what is done when the time is over.
MARGIN_S = 60

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer ``delivered``, ``done`` where there is more to bring, or what follows a delivery that failed.

    Delivering twice is delivering once, and a delivery that was broken off is gone on with.
    """
    job = job_of(_ports, event)
    if job.ended or job.outputs:
        deliver.clear(_ports, job)
        outcome = Outcome("delivered", job)
    else:
        outcome = deliver.from_links(_ports, job, job.attempt, _stop_at(context))
    return told("deliver", event, outcome.payload())


def _stop_at(context: Any) -> float:
    """Return when to leave the rest to the next call: this function's life is bounded."""
    if context is None:
        return math.inf
    left_ms: int = context.get_remaining_time_in_millis()
    return _ports.now() + left_ms / 1000 - MARGIN_S

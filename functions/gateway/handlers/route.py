"""Workflow step: choose the next target, and take its slot or send the job to the pool's queue."""

from typing import Any

from gateway.flow import chain, sweep
from gateway.flow.pump import slot_payload
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer ``go`` with the slot of the next attempt, ``queue`` with the hop to wait for, or ``end``."""
    moved = chain.advance(_ports, sweep.take_over(_ports, job_of(_ports, event)))
    if isinstance(moved, chain.End):
        return told("route", event, {"outcome": "end"})
    if isinstance(moved, chain.Wait):
        return told("route", event, {"outcome": "queue", "hop": moved.hop})
    return told("route", event, slot_payload(moved.job, moved.attempt, _ports.now()))

"""Workflow step: choose the next target, and take its slot or send the job to the pool's queue."""

from typing import Any

from gateway.flow import chain, overdue, sweep
from gateway.flow.pump import slot_payload
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer ``go`` with the slot of the next attempt, ``queue`` with the hop to wait for, or ``end``.

    After looks that kept breaking until an attempt's time was over, that attempt is given up first. A try
    before this one may have died with a place in its hands.
    """
    job = sweep.take_over(_ports, job_of(_ports, event))
    if event.get("overdue"):
        job = overdue.abandon(_ports, job)
    moved = chain.advance(_ports, job, again=event.get("retries", 0) > 0)
    if isinstance(moved, chain.End):
        return told("route", event, {"outcome": "end"})
    if isinstance(moved, chain.Wait):
        return told("route", event, {"outcome": "queue", "hop": moved.hop})
    return told("route", event, slot_payload(_ports, moved.job, moved.attempt))

"""Step of a batch: go through one of its parts once."""

from typing import Any

from gateway.domain.batch import Span
from gateway.flow.batch.work import work
from gateway.handlers import _wiring

_desk = _wiring.the_desk()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer the event again, with ``again`` and the pause before the next look, or ``done``."""
    span = Span(**event["span"])
    worked = work(_desk, event["tenant"], event["batch"], span)
    outcome = "done" if worked.over else "again"
    _wiring.logger.info("part", batch=event["batch"], part=span.part, outcome=outcome, after_s=worked.pause_s)
    return {**event, "outcome": outcome, "after_s": worked.pause_s}

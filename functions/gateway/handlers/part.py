"""Step of a batch: go through one of its parts once."""

from typing import Any

from gateway.domain.batch import FIRST_PAUSE_S, Span
from gateway.errors import Conflict
from gateway.flow.batch.work import Worked, work
from gateway.handlers import _wiring

_desk = _wiring.the_desk()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer the event again, with ``again`` and the pause before the next look, or ``done``."""
    span = Span(**event["span"])
    try:
        worked = work(_desk, event["tenant"], event["batch"], span)
    except Conflict:  # another worker is at it, too: the next look sees what it did
        worked = Worked(over=False, pause_s=FIRST_PAUSE_S)
    outcome = "done" if worked.over else "again"
    _wiring.logger.info("part", batch=event["batch"], part=span.part, outcome=outcome, after_s=worked.pause_s)
    return {**event, "outcome": outcome, "after_s": worked.pause_s}

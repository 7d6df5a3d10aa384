"""Step of a batch: find its parts."""

from typing import Any

from gateway.flow.batch.survey import survey
from gateway.handlers import _wiring

_desk = _wiring.the_desk()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer ``go`` with the key of the parts' list, or ``end`` where the file is none that can be run."""
    key = survey(_desk, event["tenant"], event["batch"])
    outcome = "go" if key else "end"
    _wiring.logger.info("survey", batch=event["batch"], outcome=outcome)
    return {"tenant": event["tenant"], "batch": event["batch"], "parts": key, "outcome": outcome}

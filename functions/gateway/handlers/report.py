"""Step of a batch: write its reports and end it."""

from typing import Any

from gateway.flow.batch import report
from gateway.handlers import _wiring

_desk = _wiring.the_desk()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer the event again, with ``again`` where a part is missing, or ``done``."""
    missing = report.report(_desk, event["tenant"], event["batch"], _wiring.link_secret)
    outcome = "again" if missing else "done"
    _wiring.logger.info("report", batch=event["batch"], outcome=outcome)
    return {**event, "outcome": outcome, "after_s": report.ROUND_PAUSE_S}

"""Step of a delivery: tell one receiver how a job ended, once; the machine waits and asks for the next try.

Source of the metric's form: docs.aws.amazon.com, CloudWatch embedded metric format, read 2026-11-24.
"""

from typing import Any

from gateway.domain.pacing import timestamp
from gateway.domain.receiver import URL, Delivery
from gateway.flow import notify
from gateway.flow.ports import Ports
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

DEAD = "DeadReceivers"

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer ``done``, or ``again`` with the instant of the next try."""
    return answer(_ports, event)


def answer(ports: Ports, event: dict[str, Any]) -> dict[str, Any]:
    """Try once over some ports, log what came of it, and say what the machine does next."""
    job, to, name = job_of(ports, event), event["webhook"], event["delivery"]
    delivery = notify.attempt(ports, job, to, name, _wiring.link_secret)
    seen = {"webhook": to, "tries": len(delivery.tries), "status": delivery.status}
    if delivery.tries:
        last = delivery.tries[-1]
        seen |= {"answered": last.status, "problem": last.problem, "ms": last.ms}
    if delivery.next_at is not None:
        return told("notify", event, {"outcome": "again", "at": timestamp(delivery.next_at)}, **seen)
    if delivery.status == "failed" and to != URL:
        _count_dead(delivery, ports.now())
    return told("notify", event, {"outcome": "done"}, **seen)


def _count_dead(delivery: Delivery, now: float) -> None:
    """Count a registered webhook that could not be told: an alarm looks at that number."""
    metrics = [{"Name": DEAD, "Unit": "Count"}]
    about = {"Namespace": "Sluice", "Dimensions": [["FunctionName"]], "Metrics": metrics}
    count = {
        "webhook": delivery.webhook,
        "tenant": delivery.tenant,
        "FunctionName": _wiring.setting("AWS_LAMBDA_FUNCTION_NAME"),
        DEAD: 1,
        "_aws": {"Timestamp": round(now * 1000), "CloudWatchMetrics": [about]},
    }
    _wiring.logger.error("a receiver is dead", extra=count)

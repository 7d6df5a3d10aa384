"""The worker: takes a start from a pool's queue, sends it to the provider, answers the waiting workflow."""

from typing import Any

import msgspec

from gateway.errors import Conflict
from gateway.flow import attempt
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()
_tokens = _wiring.the_tokens()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Start what each message names; one that another worker is starting goes back to the queue."""
    back = []
    for record in event["Records"]:
        message = msgspec.json.decode(record["body"])
        try:
            outcome = attempt.start(_ports, job_of(_ports, message), message["attempt"])
        except (attempt.Busy, Conflict):
            back.append({"itemIdentifier": record["messageId"]})
            continue
        _tokens.succeed(message["token"], told("start", message, outcome.payload()))
    return {"batchItemFailures": back}

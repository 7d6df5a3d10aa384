"""The pump: woken by a bell, gives the slots of a full pool to those whose turn it is."""

from typing import Any

from gateway.flow.pump import pump
from gateway.handlers import _wiring

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> None:
    """Serve the pool that each bell names."""
    for record in event["Records"]:
        gone = pump(_ports, record["body"])
        _wiring.logger.info("pump", pool=record["body"], gone=gone)

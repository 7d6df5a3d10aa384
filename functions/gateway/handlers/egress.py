"""The one function that calls strangers' URLs. Its role has its own log and the prefix of fetched inputs."""

import base64
from typing import Any

import msgspec

from gateway.aws.inputs import Inputs
from gateway.domain.address import Fetched, Posted, Unfetched
from gateway.guard import Blocked, Guard
from gateway.handlers import _wiring

_guard = Guard(loopback=_wiring.loopback(), own=_wiring.own_hosts())
_inputs = Inputs(_wiring.opener("s3"), _wiring.setting("BUCKET"), _wiring.setting("BUCKET_OWNER"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Post a message or fetch a file, as ``do`` says; nothing of a stranger's answer but its head is told."""
    found = _post(event) if event["do"] == "post" else _fetch(event)
    said: dict[str, Any] = msgspec.to_builtins(found)
    outcome = {name: said[name] for name in ("status", "problem", "bytes", "content_type") if name in said}
    _wiring.logger.info(f"egress {event['do']}", **outcome)
    return said


def _post(event: dict[str, Any]) -> Posted:
    body = base64.b64decode(event["body"])
    return _guard.post(event["url"], event["headers"], body, event["deadline_s"])


def _fetch(event: dict[str, Any]) -> Fetched | Unfetched:
    try:
        with _guard.open(event["url"], event["most_bytes"], event["deadline_s"]) as chunks:
            return _inputs.store(event["key"], chunks)
    except Blocked as error:
        return Unfetched(str(error))

"""Providers that call when they are done: without a key of ours, at addresses that are signed."""

import base64

from gateway.errors import TooLarge
from gateway.flow import callback
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route
from gateway.handlers._reply import reply

# Such a call may hold a result with its logs, but no file.
MOST_BYTES = 1024 * 1024
_ports = _wiring.the_ports()


def _post(event: Event, token: str) -> Reply:
    text = event.get("body") or ""
    if len(text) > MOST_BYTES:
        raise TooLarge(f"a callback has {MOST_BYTES} bytes at most, not {len(text)}.", code="body_too_large")
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    return reply(200, callback.hear(_ports, token, callback.Message(headers, body)))


ROUTES: dict[tuple[str, str], Route] = {("POST", "callbacks/{id}"): _post}

"""The port to strangers' URLs: the egress function, whose role is almost empty, calls them."""

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from gateway.domain.address import Fetched, Posted, Unfetched


class Egress:
    """Ask the egress function; what broke inside of it is a problem like any other."""

    def __init__(self, lambda_: Callable[[], Any], function: str) -> None:
        self._lambda = lambda_
        self._function = function

    def post(self, url: str, headers: dict[str, str], body: bytes, deadline_s: float) -> Posted:
        """Send a message to a stranger, once."""
        asked = {"headers": headers, "body": base64.b64encode(body).decode(), "deadline_s": deadline_s}
        found = self._ask({"do": "post", "url": url, **asked})
        return Posted(0, None, "crashed") if found is None else msgspec.convert(found, Posted)

    def fetch(self, url: str, key: str, most_bytes: int, deadline_s: float) -> Fetched | Unfetched:
        """Bring a stranger's file into the bucket."""
        asked = {"key": key, "most_bytes": most_bytes, "deadline_s": deadline_s}
        found = self._ask({"do": "fetch", "url": url, **asked})
        if found is None:
            return Unfetched("crashed")
        if "problem" in found:
            return msgspec.convert(found, Unfetched)
        return msgspec.convert(found, Fetched)

    def _ask(self, event: dict[str, Any]) -> dict[str, Any] | None:
        payload = msgspec.json.encode(event)
        answer = self._lambda().invoke(FunctionName=self._function, Payload=payload)
        text = answer["Payload"].read()
        if "FunctionError" in answer:
            return None
        found: dict[str, Any] = msgspec.json.decode(text)
        return found

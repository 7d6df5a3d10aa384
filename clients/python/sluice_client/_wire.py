"""A call on the wire: requests, which answers are tried again and when, errors, lines of events. Pure."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice_client.errors import SluiceError
from sluice_client.types import Event

RETRIED = frozenset({429, 500, 502, 503, 504})
# Longer than this nobody is made to wait between two tries.
LONGEST_PAUSE_S = 60.0
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 8.0
# The mark after the last chunk of a chat.
DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the key goes to our own address alone.

    Args:
        url: a path behind the gateway's address, or another URL as it is.
        form, file: a multipart form, with the file at its end.
    """

    method: str
    url: str
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    file: bytes = b""

    @property
    def ours(self) -> bool:
        """Whether it goes to the gateway."""
        return self.url.startswith("/")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; ``lost`` says why there is none."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    lost: str = ""

    @property
    def fine(self) -> bool:
        """Whether the call was carried out."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Read the body, or nothing where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def pause_s(response: Response, tries: int) -> float | None:
    """Return how long to wait before a call is sent again; nothing where that is of no use.

    >>> pause_s(Response(429, {"retry-after": "3"}), 1), pause_s(Response(429, {"retry-after": "900"}), 1)
    (3.0, None)
    >>> pause_s(Response(400), 1) is None, 0.25 <= pause_s(Response(lost="reset"), 1) <= 0.5
    (True, True)
    """
    if not response.lost and response.status not in RETRIED:
        return None
    if response.headers.get("x-should-retry") == "false":
        return None
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdecimal():
        return float(said) if float(said) <= LONGEST_PAUSE_S else None
    longest: float = min(LAST_PAUSE_S, FIRST_PAUSE_S * 2 ** (tries - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads callers, hides nothing


def error_of(response: Response) -> SluiceError:
    """Read an error; of an answer that is none of ours only the status is known."""
    said = response.json()
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        return SluiceError(
            f"the answer was {response.status}", code=f"http_{response.status}", status=response.status
        )
    return error_in(error, response.status)


def error_in(error: Mapping[str, Any], status: int | None = None) -> SluiceError:
    """Read what an answer says of an error, or a stream that had begun with another status."""
    return SluiceError(
        str(error.get("message", "")),
        code=str(error.get("code", "")),
        status=status,
        param=error.get("param"),
        retryable=bool(error.get("retryable")),
        job_id=error.get("job_id"),
    )


class Events:
    """Events out of text that comes in pieces; the data of the mark that ends a chat is nothing.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self.retry_s = 2.0
        self._held = ""
        self._fields: dict[str, str] = {}

    def feed(self, text: str) -> list[Event]:
        """Take a piece; return the events that it completes."""
        *lines, self._held = (self._held + text).replace("\r\n", "\n").split("\n")
        found = [self._line(line) for line in lines]
        return [event for event in found if event is not None]

    def _line(self, line: str) -> Event | None:
        if line:
            name, _, value = line.partition(":")
            self._take(name, value.removeprefix(" "))
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        data = None if fields["data"] == DONE else json.loads(fields["data"])
        event: Event = {"name": fields.get("event", "message"), "data": data}
        return {**event, "id": fields["id"]} if "id" in fields else event

    def _take(self, name: str, value: str) -> None:
        if name == "retry" and value.isdecimal():
            self.retry_s = int(value) / 1000
        elif name == "data" and "data" in self._fields:
            self._fields["data"] += "\n" + value
        elif name:
            self._fields[name] = value

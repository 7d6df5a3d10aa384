"""What callers say in headers, above all how long they wait (``Prefer``, RFC 7240)."""

import re
from dataclasses import dataclass
from typing import Any

from gateway.errors import InvalidRequest

WAIT_S = 20
LONGEST_WAIT_S = 25
# One preference: up to a comma that stands in no quotes.
_PREFERENCE = re.compile(r'(?:"[^"]*"|[^,"])+')


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller waits for the finished job.

    Args:
        applied: the preference that this came from, as it is carried out; empty if the caller named none.
    """

    wait_s: float
    applied: str = ""

    @property
    def named(self) -> bool:
        """Whether the caller said so."""
        return bool(self.applied)

    @property
    def headers(self) -> dict[str, str]:
        """Return what tells the caller which of its preferences was carried out."""
        return {"preference-applied": self.applied} if self.applied else {}


def header(event: dict[str, Any], name: str) -> str | None:
    """Return a header's value, or nothing where the call has none of that name."""
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), None)


def speaks_segmind(event: dict[str, Any]) -> bool:
    """Tell whether a call of a model is in Segmind's dialect: the key is in its header, and in no other."""
    return header(event, "x-api-key") is not None and header(event, "authorization") is None


def patience(event: dict[str, Any]) -> Patience:
    """Read how long a caller waits: not at all with ``respond-async``, also beside a ``wait``.

    Raises:
        InvalidRequest: ``wait`` is not a number of seconds.
    """
    asked = _preferences(header(event, "prefer") or "")
    wait_s = _wait_s(asked["wait"]) if "wait" in asked else None
    if "respond-async" in asked:
        return Patience(0, "respond-async")
    return Patience(WAIT_S) if wait_s is None else Patience(wait_s, f"wait={wait_s}")


def _preferences(text: str) -> dict[str, str]:
    """Divide the header; of a preference that comes twice the first counts, its parameters do not."""
    found: dict[str, str] = {}
    for part in _PREFERENCE.findall(text):
        name, _, value = part.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


def _wait_s(value: str) -> int:
    if not re.fullmatch("[0-9]+", value):
        raise InvalidRequest(
            f"Prefer: wait must be whole seconds from 0 to {LONGEST_WAIT_S}, such as wait=10, "
            f"not {value[:40]!r}.",
            code="invalid_header",
            param="Prefer",
        )
    return int(min(float(value), LONGEST_WAIT_S))

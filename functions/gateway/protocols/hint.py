"""When a provider wants to be left alone: what its answers say in headers, or in the body.

Instants are taken against the answer's own ``Date``, so that no clock of ours matters.
Source: RFC 9110 section 10.2.3; ``retry-after-ms`` and durations such as ``6m0s``: OpenAI's rate limit guide.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from gateway.plan import Provider
from gateway.protocols import mapping
from gateway.protocols.http import HttpResponse

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_PART = r"(\d+(?:\.\d+)?)(ms|s|m|h)"
# Above this a number is an instant, in seconds since 1970.
_LONGEST_S = 1e9


def retry_after_s(provider: Provider, answer: HttpResponse, body: Any) -> float | None:
    """Return how long a refusal asks us to stay away."""
    if milliseconds := _seconds(answer.headers.get("retry-after-ms", ""), answer):
        return milliseconds / 1000
    told = mapping.text(mapping.first(body, provider.retry_after, answer.headers))
    reset = answer.headers.get(provider.headroom.reset, "") if provider.headroom else ""
    stated = (answer.headers.get("retry-after", ""), told, reset)
    return next((pause for text in stated if (pause := _seconds(text, answer)) is not None), None)


def exhausted_s(provider: Provider, answer: HttpResponse) -> float | None:
    """Return how long there will be no more calls, where the answer's headers say that none is left."""
    headroom = provider.headroom
    if headroom is None or answer.headers.get(headroom.remaining) != "0":
        return None
    return _seconds(answer.headers.get(headroom.reset, ""), answer)


def _seconds(text: str, answer: HttpResponse) -> float | None:
    """Read a pause: seconds, parts such as ``1m30s``, or an instant as a number, an HTTP date or ISO 8601."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        return number if number < _LONGEST_S else max(0.0, number - _now(answer))
    if re.fullmatch(f"({_PART})+", text):
        return sum(float(count) * _UNITS_S[unit] for count, unit in re.findall(_PART, text))
    instant = _instant(text)
    return None if instant is None else max(0.0, instant - _now(answer))


def _now(answer: HttpResponse) -> float:
    return _instant(answer.headers.get("date", "")) or float("inf")


def _instant(text: str) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
        except (ValueError, TypeError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return None

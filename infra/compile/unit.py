"""Texts with units to numbers: durations, days, dates, money. Every refusal says what would be right."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from infra.compile.problems import show

_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_USD = re.compile(r"\d{1,12}(?:\.\d{1,18})?")
_NEGATIVE = re.compile(r"-\d+(?:\.\d+)?")
MOST_DAYS = 3650


class Unreadable(Exception):
    """A value that does not say what it should; carries the two halves of a report."""

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(what)
        self.what = what
        self.way_out = way_out


def wait_s(value: Any) -> float:
    """Read a duration that may be zero.

    >>> wait_s("500ms"), wait_s("10m"), wait_s("0s")
    (0.5, 600.0, 0.0)
    """
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(
            f"{show(value)} is not a duration", "Write a number and a unit: 500ms, 90s, 10m, 2h or 30d."
        )
    return float(Decimal(found[1]) * _SECONDS[found[2]])


def duration_s(value: Any) -> float:
    """Read a duration longer than zero."""
    seconds = wait_s(value)
    if not seconds:
        raise Unreadable(f"{show(value)} is no time at all", "Write a duration above zero, such as 10m.")
    return seconds


def retention_days(value: Any) -> int:
    """Read a retention time, which storage counts in whole days."""
    days = duration_s(value) / 86400
    if days != int(days):
        raise Unreadable(f"{show(value)} is not a whole number of days", "Write days, such as 7d.")
    if days > MOST_DAYS:
        raise Unreadable(f"{show(value)} is longer than {MOST_DAYS} days", f"Write at most {MOST_DAYS}d.")
    return int(days)


def usd(value: Any) -> Decimal:
    """Read an amount of US dollars, exact to the micro."""
    text = "" if isinstance(value, bool) else str(value)
    if _NEGATIVE.fullmatch(text):
        raise Unreadable(f"{show(value)} is negative", "Write 0 or more US dollars.")
    if not _USD.fullmatch(text):
        raise Unreadable(f"{show(value)} is not an amount of US dollars", 'Write a number, such as "0.04".')
    amount = Decimal(text)
    if amount * 1_000_000 % 1:
        what = f"{show(value)} is finer than a millionth of a dollar"
        raise Unreadable(what, "Give the price of more units, with `per`.")
    return amount


def micros(amount: Decimal) -> int:
    """Turn dollars into micros."""
    return int(amount * 1_000_000)


def day(value: Any) -> str:
    """Read a date."""
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Unreadable(f"{show(value)} is not a date", "Write it as YYYY-MM-DD, such as 2026-11-22.")


def word(value: Any) -> str:
    """Read a scalar as the text that was written."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise Unreadable(f"{show(value)} is not a single value", "Write text or a number.")

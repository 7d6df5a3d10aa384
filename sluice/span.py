"""Spans of time as people write and read them."""

import re

from sluice.errors import Refused

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])", re.ASCII)
_LONGEST_D = 3660


def duration_s(text: str, option: str) -> float:
    """Read a duration.

    >>> duration_s("1h30m", "--duration"), duration_s("30d", "--duration")
    (5400.0, 2592000.0)
    """
    if not re.fullmatch(f"(?:{_PART.pattern})+", text, re.ASCII):
        raise Refused(
            f"{option}: {text!r} is no duration. Write numbers with s, m, h or d: 90s, 10m, 1h30m, 30d."
        )
    value = float(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
    if value > _LONGEST_D * _UNITS["d"]:
        raise Refused(f"{option}: {text!r} is too long. {_LONGEST_D}d are the most.")
    return value


def span_s(text: str, option: str) -> float:
    """Read a duration that is longer than nothing."""
    value = duration_s(text, option)
    if not value:
        raise Refused(f"{option}: {text!r} is no time at all. Write something longer.")
    return value


def spoken_s(seconds: float) -> str:
    """Say a time shortly.

    >>> spoken_s(0.25), spoken_s(90), spoken_s(5400), spoken_s(2592000)
    ('0.25 s', '1 min 30 s', '1 h 30 min', '30 d')
    """
    if seconds < 60:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    whole, parts = round(seconds), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])

"""Requests per minute and concurrent jobs, as the provider would count them."""

from collections import deque
from dataclasses import asdict, dataclass, fields
from typing import Any

WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """What a provider allows; ``None`` is no limit."""

    rpm: int | None = None
    concurrent: int | None = None


class Limits:
    """The limits in force, and the starts of the last minute."""

    def __init__(self) -> None:
        self._limits: dict[str, Limit] = {}
        self._starts: dict[str, deque[float]] = {}

    def set(self, provider: str, limit: Limit) -> None:
        """Put a limit in force; starts of the last minute count at once."""
        self._limits[provider] = limit

    def clear(self, provider: str) -> None:
        """Take a provider's limit away."""
        self._limits.pop(provider, None)

    def show(self, provider: str) -> dict[str, Any] | None:
        """Describe the limit in force."""
        limit = self._limits.get(provider)
        return asdict(limit) if limit else None

    def concurrent(self, provider: str) -> int | None:
        """Tell how many jobs may be unfinished at once."""
        return self._limits.get(provider, Limit()).concurrent

    def wait_s(self, provider: str, now: float) -> float:
        """Tell how long until one more start fits into the minute; 0 when it fits now."""
        starts = self._starts.setdefault(provider, deque())
        while starts and starts[0] <= now - WINDOW_S:
            starts.popleft()
        rpm = self._limits.get(provider, Limit()).rpm
        if rpm is None or len(starts) < rpm:
            return 0.0
        return starts[len(starts) - rpm] + WINDOW_S - now

    def count(self, provider: str, now: float) -> None:
        """Count one billable start."""
        self._starts.setdefault(provider, deque()).append(now)


def read_limit(value: object) -> Limit:
    """Check a limit's JSON.

    Raises:
        ValueError: naming the field that is wrong and what is known.
    """
    known = [field.name for field in fields(Limit)]
    if not isinstance(value, dict) or not value:
        raise ValueError(f"expected a JSON object with some of: {', '.join(known)}")
    for name, found in value.items():
        if name not in known:
            raise ValueError(f"unknown field {name!r}. Known fields: {', '.join(known)}")
        if found is not None and (isinstance(found, bool) or not isinstance(found, int) or found < 1):
            raise ValueError(f"{name!r} is {found!r}; expected a whole number of at least 1, or null")
    return Limit(**value)

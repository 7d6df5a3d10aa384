"""Percentiles by nearest rank: always a value that was really seen."""

from collections import Counter
from math import ceil
from typing import TypeVar

Value = TypeVar("Value", int, float)


def percentile(counts: Counter[Value], percent: float) -> Value | None:
    """Return the value that so many percent did not exceed, or nothing where there are none.

    Args:
        counts: value -> how often it was seen.

    >>> percentile(Counter([3, 1, 2, 9]), 50), percentile(Counter([3, 1, 2, 9]), 95)
    (2, 9)
    """
    rank, seen = max(1, ceil(counts.total() * percent / 100)), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    return None

"""How an instant is written for callers."""

from datetime import UTC, datetime


def written(epoch_s: float | None) -> str | None:
    """Write an instant as RFC 3339 in UTC, to the millisecond.

    >>> written(1_790_000_000.25)
    '2026-09-21T14:13:20.250Z'
    """
    if epoch_s is None:
        return None
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

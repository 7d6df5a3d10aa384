"""The calls that arrived, with what they started."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 200_000


@dataclass(slots=True)
class Entry:
    """One call; written when it arrives and completed when it is answered.

    Args:
        path: as the provider sees it, without the provider's prefix and without the query.
        credential: the first 12 hex digits of the key's SHA-256.
        prompt: the same of the prompt of what was started, so that a caller can tell its own.
        status: ``None`` while the call is unanswered.
        billable_start: the call started something that the provider would bill.
    """

    at: float
    provider: str
    method: str
    path: str
    model: str | None = None
    credential: str | None = None
    status: int | None = None
    billable_start: bool = False
    provider_job_id: str | None = None
    prompt: str | None = None


class Journal:
    """The latest calls, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        """Write an entry down; whoever holds it completes it."""
        self._entries.append(entry)

    def read(self, provider: str | None, since: float) -> list[dict[str, Any]]:
        """List the entries at or after an instant."""
        return [asdict(e) for e in self._entries if e.at >= since and provider in (None, e.provider)]

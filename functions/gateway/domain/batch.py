"""A batch: many jobs from one file of JSON lines, worked off in parts of some lines each.

Rule: a line becomes a job at most once, because the call that makes it is known by its batch and its number.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from gateway.domain.repeat import Repeat

# state -> event -> state
STATES: dict[str, dict[str, str]] = {
    "validating": {"run": "running", "cancel": "finalizing", "fail": "failed"},
    "running": {"run": "running", "cancel": "finalizing", "report": "finalizing", "fail": "failed"},
    "finalizing": {
        "run": "finalizing",
        "cancel": "finalizing",
        "report": "finalizing",
        "complete": "completed",
        "end": "canceled",
        "fail": "failed",
    },
    "completed": {},
    "canceled": {},
    "failed": {},
}
PART_LINES = 50
MOST_LINES = 10_000
MOST_INLINE = 500
LONGEST_LINE = 256 * 1024
LONGEST_ID = 128
DEADLINE_S = 24 * 3600
# Pauses between looks at a part's jobs: they grow while nothing happens.
FIRST_PAUSE_S, LONGEST_PAUSE_S, GROWTH = 2, 60, 1.5
OPEN = ("waiting", "open")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line.

    Args:
        status: ``waiting`` for its job, ``open`` while that has not ended, then its end; or ``invalid``.
        error: the one that the API would have answered, where there is no job.
    """

    number: int
    custom_id: str | None = None
    status: str = "waiting"
    job: str = ""
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Where a part stands in the file: its number, its first line's, and its bytes."""

    part: int
    first: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines that one worker sees through.

    Args:
        idle: how long nothing has happened, in looks.
    """

    batch: str
    number: int
    lines: tuple[Line, ...] = ()
    idle: int = 0
    version: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing can change any more."""
        return not any(line.status in OPEN for line in self.lines)


@dataclass(frozen=True, slots=True)
class File:
    """A report in the bucket."""

    key: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Many jobs, and how far they are.

    Args:
        key: the file of lines in the bucket; ``etag`` is its content's name when it was read first.
        rounds: how often its parts were gone through.
        counts: by status, once it has ended.
        results, failures: every line with what became of it, and those that did not succeed.
        sweep_at: from when the sweeper sees to it, if it has not ended by then.
    """

    id: str
    tenant: str
    key_id: str
    tier: str
    key: str
    base_url: str
    created_at: float
    deadline_at: float
    retention_days: int
    sweep_at: float
    status: str = "validating"
    etag: str = ""
    total: int | None = None
    rounds: int = 0
    cancel_at: float | None = None
    finished_at: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    results: File | None = None
    failures: File | None = None
    error_code: str = ""
    error_message: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    version: int = 0

    @property
    def ended(self) -> bool:
        """Whether no event can change it any more."""
        return not STATES[self.status]


def moved(batch: Batch, event: str, now: float, **changes: Any) -> Batch:
    """Apply an event of the state table, with other fields that change along with it.

    Raises:
        ValueError: the event does not exist in the batch's state.
    """
    after = STATES[batch.status].get(event)
    if after is None:
        raise ValueError(f"batch {batch.id} is {batch.status!r} and cannot {event!r}")
    if not STATES[after]:
        changes["finished_at"] = now
    return replace(batch, status=after, **changes)


def counted(batch: Batch, parts: Iterable[Part]) -> dict[str, int]:
    """Count a batch's lines by what became of them; what no part has yet is queued."""
    found = Counter(line.status for part in parts for line in part.lines)
    total = batch.total or 0
    known = sum(found.values())
    return {
        "total": total,
        "queued": found["waiting"] + max(0, total - known),
        "running": found["open"],
        "succeeded": found["succeeded"],
        "failed": found["failed"] + found["expired"],
        "canceled": found["canceled"],
        "invalid": found["invalid"],
    }


def spans(pieces: Iterable[tuple[int, int, int]]) -> Iterator[Span]:
    """Cut a file into parts of so many lines.

    Args:
        pieces: number, start and end of each line.

    >>> [(s.part, s.first, s.start, s.end) for s in spans([(1, 0, 9), (3, 10, 30)])]
    [(0, 1, 0, 30)]
    """
    held: list[tuple[int, int, int]] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        if len(held) == PART_LINES:
            yield Span(count, held[0][0], held[0][1], piece[2])
            held, count = [], count + 1
    if held:
        yield Span(count, held[0][0], held[0][1], held[-1][2])


def call_of(batch_id: str, number: int, text: bytes) -> Repeat:
    """Tell a line from all others, as an ``Idempotency-Key`` tells a call."""
    return Repeat(sha256(f"{batch_id}\n{number}".encode()).hexdigest(), sha256(text).hexdigest())


def pause_s(idle: int, at_least_s: float = 0) -> int:
    """Return how long to wait before the next look at a part.

    >>> [pause_s(idle) for idle in (0, 1, 4, 20)], pause_s(0, 7.2), pause_s(0, 900)
    ([2, 3, 10, 60], 8, 60)
    """
    grown = FIRST_PAUSE_S * GROWTH ** min(idle, 20)
    return min(LONGEST_PAUSE_S, max(round(grown), -int(-at_least_s // 1)))

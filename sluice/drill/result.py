"""What callers saw, as numbers. Pure: from the jobs as the API shows them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import compress
from operator import not_
from typing import Any

from sluice.drill.course import Course, Phase
from sluice.percentile import percentile

ENDED = ("succeeded", "failed", "canceled", "expired")
NO_ANSWER, NO_END = "no_answer", "no_end"


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt of a job, or a target that was passed over (without times)."""

    provider: str
    status: str
    started_at: float | None = None
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller: asked when, answered what.

    Args:
        phase: index of the phase in which it asked.
        answer: HTTP status of the first answer; 0 while there is none.
        job: as the API showed it last.
        refusal: code of an answer without a job, or why none came.
    """

    asked_at: float
    phase: int
    answer: int = 0
    job: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""

    @property
    def served(self) -> bool:
        """Tell whether it got what it asked for."""
        return self.job.get("status") == "succeeded"

    @property
    def error(self) -> str:
        """Return the code of the error that it saw; empty if it was served or still waits."""
        if self.refusal:
            return self.refusal
        ended = self.job.get("status") in ENDED and not self.served
        return (self.job["error"] or {}).get("code") or self.job["status"] if ended else ""

    @property
    def over(self) -> bool:
        """Tell whether it need not be waited for any more."""
        return self.served or bool(self.error)

    @property
    def provider(self) -> str:
        """Return who served it; empty if nobody did."""
        return str(self.job["attempts"][-1]["provider"]) if self.served else ""

    @property
    def waited_s(self) -> float | None:
        """Return the time from the job's creation to the start that succeeded."""
        return self._since_created(self.job["attempts"][-1]["started_at"]) if self.served else None

    @property
    def took_s(self) -> float | None:
        """Return the time from the job's creation to its end, good or bad."""
        return self._since_created(self.job.get("finished_at"))

    @property
    def micros(self) -> int | None:
        """Return what the job cost; nothing where it has no price."""
        usd = self.job["cost"]["usd"] if self.job else None
        return None if usd is None else int(Decimal(usd) * 1_000_000)

    def tries(self, chain: Sequence[tuple[str, str]]) -> list[Try]:
        """List its attempts, and before them where they belong in the chain the targets passed over.

        A target is also skipped where it cannot carry the request; none of those is in the drill's chain.
        """
        place = {target: index for index, target in enumerate(chain)}
        left = sorted({place[key] for key in map(_target, self.job.get("skipped", ())) if key in place})
        found: list[Try] = []
        for attempt in self.job.get("attempts", ()):
            while left and left[0] < place.get(_target(attempt), 0):
                found.append(Try(chain[left.pop(0)][0], "passed"))
            times = (instant(attempt["started_at"]), instant(attempt["finished_at"]))
            found.append(Try(attempt["provider"], attempt["status"], *times))
        return found + [Try(chain[index][0], "passed") for index in left]

    def way(self, chain: Sequence[tuple[str, str]]) -> str:
        """Write the chain that it took, such as ``google -> fal``; passed over is ``(google) -> fal``."""
        names = (f"({t.provider})" if t.status == "passed" else t.provider for t in self.tries(chain))
        return " -> ".join(names)

    def _since_created(self, text: str | None) -> float | None:
        at, created = instant(text), instant(self.job.get("created_at"))
        return None if at is None or created is None else at - created


@dataclass(frozen=True, slots=True)
class Window:
    """A phase as it passed; the end is when the next one began."""

    phase: Phase
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """A whole drill, or as much of it as there was.

    Args:
        windows: in order; instants are seconds since the epoch, as the callers' are.
        billed: calls that the providers would bill, as (provider, instant).
        cut: it was ended before its end.
    """

    course: Course
    windows: tuple[Window, ...]
    callers: tuple[Caller, ...]
    billed: tuple[tuple[str, float], ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The callers of one phase, or of all.

    Args:
        answers: ``2xx``, ``429`` or ``other`` -> callers.
        waited_s, took_s: 50th and 95th percentile over the callers that were served, if any.
        ways: chain taken -> callers.
        unpriced: served jobs that have no price.
        billed: calls that the providers would bill.
    """

    name: str
    callers: int
    answers: Counter[str]
    served: int
    failed: int
    errors: Counter[str]
    waited_s: tuple[float, float] | None
    took_s: tuple[float, float] | None
    ways: Counter[str]
    micros: int
    unpriced: int
    billed: int

    @property
    def waiting(self) -> int:
        """Return how many had no end yet."""
        return self.callers - self.served - self.failed


def rows_of(result: Result) -> list[Row]:
    """Count phase by phase, and all of it."""
    billed = _billed_in(result)
    rows = [
        _row(window.phase.name, [c for c in result.callers if c.phase == index], billed[index], result.course)
        for index, window in enumerate(result.windows)
    ]
    return [*rows, _row("all", result.callers, billed.total(), result.course)]


def unlucky(result: Result) -> tuple[list[Caller], list[Caller]]:
    """Divide the callers that saw an error: while some provider was left, and while none was."""
    failed = [caller for caller in result.callers if caller.error]
    phases = [window.phase for window in result.windows]
    left = [result.course.leaves_some(phases[caller.phase]) for caller in failed]
    return list(compress(failed, left)), list(compress(failed, map(not_, left)))


def verdict_of(result: Result) -> str:
    """Say in a sentence or two how callers fared."""
    avoidable, lonely = unlucky(result)
    asked, served = len(result.callers), sum(caller.served for caller in result.callers)
    if avoidable:
        said = f"{len(avoidable)} of {asked} callers saw an error: {_codes_of(avoidable)}."
    elif served == asked:
        said = f"Every caller was served: {served} of {asked}."
    else:
        said = f"{served} of {asked} callers were served; none saw an error while a provider was left."
    if lonely:
        said += f" While none was left, {len(lonely)} saw one: {_codes_of(lonely)}."
    if waiting := sum(not caller.over for caller in result.callers):
        said += f" {waiting} still waited when it was cut short."
    return said


def counted(counts: Counter[str]) -> str:
    """Write counts, the most first.

    >>> counted(Counter(["moderation", "rate_limited", "rate_limited"]))
    'rate_limited 2, moderation 1'
    """
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def instant(text: str | None) -> float | None:
    """Read a time of the API as seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp() if text else None


def _codes_of(callers: Iterable[Caller]) -> str:
    return counted(Counter(caller.error for caller in callers))


def _row(name: str, callers: Sequence[Caller], billed: int, course: Course) -> Row:
    served = [caller for caller in callers if caller.served]
    errors = Counter(caller.error for caller in callers if caller.error)
    return Row(
        name=name,
        callers=len(callers),
        answers=Counter(_kind(caller.answer) for caller in callers if caller.answer or caller.error),
        served=len(served),
        failed=errors.total(),
        errors=errors,
        waited_s=_middle(caller.waited_s for caller in served),
        took_s=_middle(caller.took_s for caller in served),
        ways=Counter(way for caller in callers if (way := caller.way(course.chain))),
        micros=sum(caller.micros or 0 for caller in callers),
        unpriced=sum(caller.micros is None for caller in served),
        billed=billed,
    )


def _kind(status: int) -> str:
    return "2xx" if 200 <= status < 300 else "429" if status == 429 else "other"


def _middle(values: Iterable[float | None]) -> tuple[float, float] | None:
    counts = Counter(value for value in values if value is not None)
    half, most = percentile(counts, 50), percentile(counts, 95)
    return None if half is None or most is None else (half, most)


def _billed_in(result: Result) -> Counter[int]:
    """Count billed calls by the phase in which their caller asked.

    A call belongs to the attempt at its provider that started last before it; some providers give it no name.
    """
    starts = sorted(
        (each.started_at, caller.phase, each.provider)
        for caller in result.callers
        for each in caller.tries(result.course.chain)
        if each.started_at is not None
    )
    billed: Counter[int] = Counter()
    for provider, at in result.billed:
        mine = [(started_at, phase) for started_at, phase, who in starts if who == provider]
        index = bisect_right(mine, at, key=lambda start: start[0])
        if index:
            billed[mine[index - 1][1]] += 1
    return billed


def _target(entry: Mapping[str, Any]) -> tuple[str, str]:
    return str(entry["provider"]), str(entry["model"])

"""Which of a tenant's jobs are asked for by Segmind's lists, and in which order.

Source: segmind 1.3.0 (Python), read 2026-11-25.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain import segmind, view
from gateway.domain.job import Job
from gateway.errors import InvalidRequest

PAGE, LONGEST_PAGE = 20, 100
LONGEST_DAYS, USUAL_DAYS = 31, 7
STATUSES = ("COMPLETED", "FAILED", "PENDING")
SORTS = {
    "model_created": lambda job: job.created_at,
    "model_name": lambda job: job.model,
    "credits_deduction": lambda job: view.cost_micros(job) or 0,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a span of time; empty texts let everything through."""

    since: float
    until: float
    page: int = 1
    per_page: int = PAGE
    model: str = ""
    status: str = ""
    key: str = ""
    sort: str = "model_created"
    rising: bool = False


def read(query: Mapping[str, str], now: float) -> Wanted:
    """Read what a list is asked for; the lists name the ends of their span differently.

    Raises:
        InvalidRequest: something is no number, no date, no known word, or the span is too long.
    """
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = _day(query, ("to_date", "end_date"), today)
    first = _day(query, ("from_date", "start_date"), last - timedelta(days=USUAL_DAYS))
    if not timedelta() <= last - first <= timedelta(days=LONGEST_DAYS):
        raise _wrong("from_date", f"must be at most {LONGEST_DAYS} days before to_date")
    return Wanted(
        since=first.timestamp(),
        until=(last + timedelta(days=1)).timestamp(),
        page=_count(query, "page", 1, 1_000_000),
        per_page=_count(query, "per_page", PAGE, LONGEST_PAGE),
        model=query.get("model_name", ""),
        status=_word(query, "status", ("", *STATUSES)),
        key=query.get("user_id", ""),
        sort=_word(query, "sort_by", ("model_created", *SORTS)),
        rising=_word(query, "sort_order", ("desc", "asc")) == "asc",
    )


def page_of(jobs: Iterable[Job], wanted: Wanted) -> tuple[list[Job], int]:
    """Return a page of the jobs that are wanted, and how many there are of them."""
    found = [job for job in jobs if _fits(job, wanted)]
    found.sort(key=SORTS[wanted.sort], reverse=not wanted.rising)
    begin = (wanted.page - 1) * wanted.per_page
    return found[begin : begin + wanted.per_page], len(found)


def _fits(job: Job, wanted: Wanted) -> bool:
    return (
        wanted.model in job.model
        and wanted.status in ("", segmind.history_status(job))
        and wanted.key in ("", job.key_id)
    )


def _day(query: Mapping[str, str], names: tuple[str, ...], otherwise: datetime) -> datetime:
    name = next((name for name in names if query.get(name)), "")
    if not name:
        return otherwise
    try:
        return datetime.strptime(query[name], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise _wrong(name, f"must be a day such as 2026-01-31, not {query[name][:20]!r}") from None


def _count(query: Mapping[str, str], name: str, otherwise: int, most: int) -> int:
    text = query.get(name) or str(otherwise)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= most):
        raise _wrong(name, f"must be a whole number from 1 to {most}, not {text[:20]!r}")
    return int(text)


def _word(query: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    """Return one of the known words; the first stands for none."""
    word = str(query.get(name) or known[0])
    if word not in known:
        named = ", ".join(dict.fromkeys(filter(None, known)))
        raise _wrong(name, f"must be one of {named}, not {word[:20]!r}")
    return word


def _wrong(name: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: {problem}.", code="invalid_parameter", param=name)

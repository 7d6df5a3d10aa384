"""A drill as a table for people, as CSV of its callers, and as JSON for programs."""

import csv
from io import StringIO
from typing import Any

from gateway.domain import circuit
from gateway.domain.pricing import usd
from sluice.drill.result import Result, Row, counted, rows_of, unlucky, verdict_of

COLUMNS = (
    "phase",
    "callers",
    "answers",
    "succeeded",
    "failed",
    "waited p50·p95",
    "took p50·p95",
    "chains taken",
    "cost",
    "billed",
)


def table_of(result: Result) -> list[tuple[object, ...]]:
    """Write a row a phase, and one for all."""
    return [
        (
            row.name,
            row.callers,
            counted(row.answers),
            row.served,
            "\n".join(f"{count} {code}" for code, count in row.errors.most_common()) or 0,
            _spoken(row.waited_s),
            _spoken(row.took_s),
            "\n".join(f"{way}: {count}" for way, count in row.ways.most_common()),
            _cost(row),
            row.billed,
        )
        for row in rows_of(result)
    ]


def notes_of(result: Result) -> list[str]:
    """Say what the table does not say by itself."""
    ways = {way for row in rows_of(result) for way in row.ways}
    passed = next((way for way in ways if "(" in way), "")
    notes = []
    if passed:
        notes.append(
            f"{passed}: what is in brackets was passed over, because {circuit.FAILURES} calls in a row had "
            f"failed there. It is left alone for {circuit.OPEN_S:g} s, then one call tries it again."
        )
    if result.windows and result.windows[-1].phase.broken:
        notes.append("What failed last is left alone for a while longer: GET /v1/health/providers tells.")
    if rows_of(result)[-1].unpriced:
        notes.append("unpriced: there is no list price, which is not free.")
    return notes


def json_of(result: Result) -> dict[str, Any]:
    """Write a drill as one JSON object, without its callers."""
    course = result.course
    avoidable, lonely = unlucky(result)
    return {
        "model": course.model,
        "chain": [f"{provider}/{model}" for provider, model in course.chain],
        "rpm": course.order.rpm,
        "fault": course.order.fault,
        "cut_short": result.cut,
        "verdict": verdict_of(result),
        "errors_with_a_provider_left": len(avoidable),
        "errors_with_no_provider_left": len(lonely),
        "phases": [
            {
                "broken": list(window.phase.broken),
                "seconds": round(window.to_s - window.from_s, 3),
                **_json(row),
            }
            for window, row in zip(result.windows, rows_of(result), strict=False)
        ],
        "all": _json(rows_of(result)[-1]),
    }


def callers_csv(result: Result) -> str:
    """Write a row a caller, in the order in which they asked."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["at_s", "phase", "answer", "job", "status", "error", "chain", "waited_s", "took_s", "usd"]
    )
    began = result.windows[0].from_s if result.windows else 0.0
    for caller in result.callers:
        writer.writerow(
            [
                f"{caller.asked_at - began:.3f}",
                result.windows[caller.phase].phase.name,
                caller.answer,
                caller.job.get("id", ""),
                caller.job.get("status", ""),
                caller.error,
                caller.way(result.course.chain),
                _digits(caller.waited_s),
                _digits(caller.took_s),
                "" if caller.micros is None else usd(caller.micros),
            ]
        )
    return text.getvalue()


def _json(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "callers": row.callers,
        "answers": row.answers,
        "succeeded": row.served,
        "failed": row.failed,
        "still_waiting": row.waiting,
        "errors": row.errors,
        "waited_s": _named(row.waited_s),
        "took_s": _named(row.took_s),
        "chains": row.ways,
        "cost_usd": usd(row.micros),
        "unpriced_jobs": row.unpriced,
        "billed_calls": row.billed,
    }


def _named(middle: tuple[float, float] | None) -> dict[str, float] | None:
    return {"p50": round(middle[0], 3), "p95": round(middle[1], 3)} if middle else None


def _spoken(middle: tuple[float, float] | None) -> str:
    return f"{middle[0]:.1f} · {middle[1]:.1f} s" if middle else ""


def _cost(row: Row) -> str:
    dollars = f"${usd(row.micros).rstrip('0').rstrip('.')}"
    if not row.unpriced:
        return dollars
    return f"{dollars}, {row.unpriced} unpriced" if row.micros else f"{row.unpriced} unpriced"


def _digits(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}"

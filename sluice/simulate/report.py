"""A run as tables for people, as JSON for programs, and its series as CSV."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import Any

from gateway.domain.pricing import usd
from sluice.simulate.result import PoolResult, Result
from sluice.span import spoken_s

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def tables_of(result: Result) -> tuple[Table, ...]:
    """Write a run as tables: the whole, its pools, its money, and its tenants if there are several."""
    made = [_summary(result), _pools(result), _money(result)]
    return (*made, _tenants(result)) if len(result.tenants) > 1 else tuple(made)


def json_of(result: Result) -> dict[str, Any]:
    """Write a run as one JSON object, without its series."""
    return {
        "models": list(result.models),
        "shape": result.traffic.shape,
        "duration_s": result.duration_s,
        "end_s": result.end_s,
        "down": [{"provider": d.provider, "from_s": d.from_s, "to_s": d.to_s} for d in result.down],
        "real_rpm": dict(result.traffic.real),
        "tier": result.traffic.tier or None,
        "jobs": result.jobs,
        "succeeded": result.succeeded,
        "failed": result.failed,
        "expired": result.expired,
        "answers_429": {"to_callers": result.callers_429, "to_us": result.ours_429},
        "refused": result.refused,
        "waits_s": _waits(result, None),
        "attempts": {str(count): jobs for count, jobs in result.attempts.items()},
        "tenants": {
            name: {"succeeded": result.waits[name].total(), "waits_s": _waits(result, name)}
            for name in result.tenants
        },
        "served": result.served,
        "cost": {
            name: {"usd": _usd(result, name, micros), "unpriced_jobs": result.unpriced.get(name, 0)}
            for name, micros in result.cost_micros.items()
        },
        "cost_usd": usd(sum(result.cost_micros.values())),
        "pools": {name: _pool(pool) for name, pool in result.pools.items()},
    }


def series_csv(result: Result) -> str:
    """Write the series: a row per point, the arrivals, then starts and queue depth of each pool."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = (f"{name} {what}" for name in result.pools for what in ("starts", "queue_most"))
    writer.writerow(["from_s", "arrived", *heads])
    for index, arrived in enumerate(result.arrived_in):
        cells = (
            series[index] for pool in result.pools.values() for series in (pool.starts_in, pool.depth_in)
        )
        writer.writerow([index * result.bin_s, arrived, *cells])
    return text.getvalue()


def over(result: Result) -> str:
    """Say how long jobs arrived."""
    return f"over {spoken_s(result.duration_s)}" if result.duration_s else "at one instant"


def _waits(result: Result, tenant: str | None) -> dict[str, float]:
    return {f"p{percentile}": result.waits_s(percentile, tenant) for percentile in PERCENTILES}


def _spoken_waits(result: Result, tenant: str | None) -> str:
    return " · ".join(spoken_s(wait) for wait in _waits(result, tenant).values())


def _summary(result: Result) -> Table:
    attempts = ", ".join(f"{jobs:,} with {count}" for count, jobs in result.attempts.items())
    late = f", of them {result.expired:,} past their deadline" if result.expired else ""
    rows = (
        (
            "jobs",
            f"{result.jobs:,} {over(result)}, the last done after {spoken_s(result.end_s)}",
        ),
        ("succeeded", f"{result.succeeded:,} ({_share(result.succeeded, result.jobs)})"),
        ("failed", f"{result.failed + result.expired:,}{late}"),
        ("429 to callers", f"{result.callers_429:,}{_reasons(result)}"),
        ("429 to us", f"{result.ours_429:,}"),
        ("wait p50 · p95 · p99", _spoken_waits(result, None)),
        ("attempts a success", attempts or "none"),
        ("cost at list price", f"${usd(sum(result.cost_micros.values()))}{_without_price(result)}"),
    )
    return Table(("what", "value"), rows)


def _reasons(result: Result) -> str:
    told = ", ".join(f"{reason} {count:,}" for reason, count in result.refused.items())
    return f": {told}" if told else ""


def _without_price(result: Result) -> str:
    unpriced = sum(result.unpriced.values())
    return f", without {unpriced:,} jobs of unpriced models" if unpriced else ""


def _pools(result: Result) -> Table:
    columns = ("pool", "limits", "starts", "most in 60 s", "slots used", "while waiting", "queue most")
    return Table(
        columns,
        tuple(
            (
                pool.name,
                _limits(pool),
                f"{pool.starts:,}",
                pool.most_in_60_s if pool.limits.rpm else "",
                _percent(pool.used_percent),
                _percent(pool.used_waiting_percent),
                f"{pool.queue_most:,}",
            )
            for pool in result.pools.values()
        ),
    )


def _limits(pool: PoolResult) -> str:
    limits = pool.limits
    counted = ((limits.rpm, "rpm"), (limits.ipm, "ipm"), (limits.tpm, "tpm"), (limits.concurrent, "at once"))
    told = [f"{count} {unit}" for count, unit in counted if count]
    told += [f"burst {limits.burst}"] if limits.rpm else []
    told += [f"really {pool.real} rpm"] if pool.real else []
    return ", ".join(told) or "none"


def _money(result: Result) -> Table:
    columns = ("provider", "jobs", "cost at list price", "unpriced", "by target")
    return Table(columns, tuple(_bill(result, provider) for provider in result.cost_micros))


def _bill(result: Result, provider: str) -> tuple[object, ...]:
    served = {
        target.removeprefix(f"{provider}/"): jobs
        for target, jobs in result.served.items()
        if jobs and target.startswith(f"{provider}/")
    }
    cost = _usd(result, provider, result.cost_micros[provider])
    return (
        provider,
        f"{sum(served.values()):,}",
        f"${cost}" if cost else "",
        f"{result.unpriced[provider]:,}" if provider in result.unpriced else "",
        ", ".join(f"{target} {jobs:,}" for target, jobs in served.items()),
    )


def _usd(result: Result, provider: str, micros: int) -> str | None:
    """Write a provider's cost; what has no price is nothing, never 0."""
    return usd(micros) if micros or provider not in result.unpriced else None


def _tenants(result: Result) -> Table:
    return Table(
        ("tenant", "succeeded", "wait p50 · p95 · p99"),
        tuple(
            (name, f"{result.waits[name].total():,}", _spoken_waits(result, name)) for name in result.tenants
        ),
    )


def _pool(pool: PoolResult) -> dict[str, Any]:
    return {
        "rpm": pool.limits.rpm,
        "ipm": pool.limits.ipm,
        "tpm": pool.limits.tpm,
        "burst": pool.limits.burst,
        "concurrent": pool.limits.concurrent,
        "real_rpm": pool.real,
        "starts": pool.starts,
        "starts_over_limit": pool.over_limit,
        "most_in_60_s": pool.most_in_60_s,
        "slots_used_percent": pool.used_percent,
        "slots_used_while_waiting_percent": pool.used_waiting_percent,
        "queue_most": pool.queue_most,
    }


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "0 %"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g} %"

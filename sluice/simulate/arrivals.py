"""When jobs arrive, whose they are and which model they ask for: one lazy stream, sorted by time."""

import csv
import math
import random
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

from sluice.errors import Refused

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY_S = 86_400.0
# Of the daily curve: how far the peak at 15:00 and the trough at 03:00 are from the mean.
SWING = 0.8
_PEAK_S = 15 * 3600
_RPM, _MINUTES, _BURST = 60.0, 10, 100


@dataclass(frozen=True, slots=True)
class Down:
    """A provider that fails every call from one instant up to another."""

    provider: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What callers ask for, and what breaks meanwhile.

    Args:
        models, tenants: name -> weight; no models means the first of ``routes.yaml``.
        shape: ``constant`` (evenly spaced), ``burst``, ``daily`` (a curve over the day) or ``csv``.
        rpm, jobs, duration_s: two of them give the third; for bursts ``rpm`` is the mean that they repeat at.
        burst_size: jobs that arrive at one instant; none means ``jobs``, or the sum of the tenants' weights.
        csv: file with the columns ``at_s`` and, if wanted, ``tenant`` and ``model``.
        tier: whose limits stand in front, a tenant being one key; none means no limits.
        real: provider -> calls a minute beyond which it answers 429, where that is less than configured.
        jitter: spread of the service times, 0.2 for 20 % up or down; 0 makes every one the model's usual.
        parameters: of every request, for chain and price; required ones that are missing get a sample value.
    """

    models: Mapping[str, int] = field(default_factory=dict)
    tenants: Mapping[str, int] = field(default_factory=lambda: {"all": 1})
    shape: str = "constant"
    rpm: float | None = None
    jobs: int | None = None
    duration_s: float | None = None
    burst_size: int | None = None
    csv: Path | None = None
    down: tuple[Down, ...] = ()
    tier: str = ""
    real: Mapping[str, int] = field(default_factory=dict)
    jitter: float = 0.0
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A stream of jobs as (instant, index of the tenant, index of the model), sorted by instant."""

    tenants: tuple[str, ...]
    models: tuple[str, ...]
    count: int
    duration_us: int
    stream: Iterator[tuple[int, int, int]]


def arrivals_of(traffic: Traffic, model: str) -> Arrivals:
    """Lay out the arrivals of a traffic.

    Args:
        model: what is asked for where the traffic names nothing.

    Raises:
        Refused: sizes contradict each other, or the CSV cannot be read.
    """
    _require_numbers(traffic)
    if (traffic.shape == "csv") != (traffic.csv is not None):
        raise Refused("the shape 'csv' and a CSV file go together. Give both, or neither.")
    if traffic.csv is not None:
        return _from_csv(traffic.csv, traffic, model)
    if traffic.shape not in _SHAPES:
        raise Refused(f"unknown shape {traffic.shape!r}. Known: {', '.join([*_SHAPES, 'csv'])}.")
    jobs, duration_s, instants = _SHAPES[traffic.shape](traffic)
    models = traffic.models or {model: 1}
    source = random.Random(traffic.seed)  # noqa: S311 - a simulation, repeatable on purpose
    stream = zip(islice(instants, jobs), mix(traffic.tenants, source), mix(models, source), strict=False)
    return Arrivals(tuple(traffic.tenants), tuple(models), jobs, round(duration_s * SECOND), stream)


def mix(weights: Mapping[str, int], source: random.Random) -> Iterator[int]:
    """Deal indexes for ever, in shuffled blocks that hold exactly each one's share.

    >>> from itertools import islice
    >>> sorted(islice(mix({"a": 500, "b": 100}, random.Random(1)), 6))
    [0, 0, 0, 0, 0, 1]
    """
    common = math.gcd(*weights.values())
    block = [index for index, weight in enumerate(weights.values()) for _ in range(weight // common)]
    if len(block) == 1:
        return repeat(0)
    return chain.from_iterable(_shuffled(block, source) for _ in repeat(None))


def _require_numbers(traffic: Traffic) -> None:
    sizes = {name: getattr(traffic, name) for name in ("rpm", "jobs", "duration_s", "burst_size")}
    for name, value in sizes.items():
        if value is not None and not 0 < value < math.inf:
            raise Refused(f"{name} must be a number above 0, not {value!r}.")
    if not 0 <= traffic.jitter <= 1:
        raise Refused(f"jitter must be from 0 to 1, not {traffic.jitter!r}.")


def _shuffled(block: list[int], source: random.Random) -> list[int]:
    source.shuffle(block)
    return list(block)


def _sizes(traffic: Traffic, minutes: float) -> tuple[int, float]:
    """Complete jobs and duration."""
    rpm, jobs, duration_s = traffic.rpm, traffic.jobs, traffic.duration_s
    if rpm and jobs and duration_s:
        raise Refused("--rpm, --jobs and --duration say the same thing twice. Give two of them.")
    if jobs and duration_s:
        return jobs, duration_s
    rpm = rpm or _RPM
    if jobs:
        return jobs, jobs / rpm * 60
    duration_s = duration_s or minutes * 60
    return max(1, math.floor(rpm * duration_s / 60 + 1e-9)), duration_s


def _constant(traffic: Traffic) -> tuple[int, float, Iterator[int]]:
    jobs, duration_s = _sizes(traffic, _MINUTES)
    span = round(duration_s * SECOND)
    return jobs, duration_s, (n * span // jobs for n in range(jobs))


def _daily(traffic: Traffic) -> tuple[int, float, Iterator[int]]:
    if traffic.jobs and not traffic.rpm and not traffic.duration_s:
        jobs, duration_s = traffic.jobs, DAY_S
    else:
        jobs, duration_s = _sizes(traffic, DAY_S / 60)
    noise = random.Random(traffic.seed + 1)  # noqa: S311 - a simulation, repeatable on purpose
    return jobs, duration_s, _along_the_day(jobs, duration_s, noise)


def _along_the_day(jobs: int, duration_s: float, source: random.Random) -> Iterator[int]:
    """Yield each minute's share of the jobs at random instants of that minute."""
    whole, done = _curve(duration_s), 0
    for minute in range(math.ceil(duration_s / 60)):
        begin, end = minute * 60.0, min((minute + 1) * 60.0, duration_s)
        due = jobs if end == duration_s else int(jobs * _curve(end) / whole)
        span = (end - begin) * SECOND
        yield from sorted(int(begin * SECOND + source.random() * span) for _ in range(due - done))
        done = due


def _curve(until_s: float) -> float:
    """Integrate the day's curve, whose mean is 1, from midnight."""
    turn = 2 * math.pi / DAY_S
    return until_s + SWING / turn * (math.sin(turn * (until_s - _PEAK_S)) + math.sin(turn * _PEAK_S))


def _bursts(traffic: Traffic) -> tuple[int, float, Iterator[int]]:
    """Lay out one burst, or as many as a rate, a number or a duration asks for."""
    shares = sum(traffic.tenants.values()) if len(traffic.tenants) > 1 else _BURST
    if traffic.rpm is None and (traffic.duration_s is None or traffic.jobs is None):
        jobs = traffic.jobs or traffic.burst_size or shares
        size = traffic.burst_size or jobs
        gap_s = 60.0
        duration_s = traffic.duration_s or (-(-jobs // size) - 1) * gap_s
    else:
        size = traffic.burst_size or shares
        jobs, duration_s = _sizes(traffic, _MINUTES)
        gap_s = duration_s / max(1.0, jobs / size)
    gap = round(gap_s * SECOND)
    return jobs, duration_s, (n // size * gap for n in range(jobs))


_SHAPES: dict[str, Callable[[Traffic], tuple[int, float, Iterator[int]]]] = {
    "constant": _constant,
    "burst": _bursts,
    "daily": _daily,
}


def _from_csv(path: Path, traffic: Traffic, model: str) -> Arrivals:
    """Read a CSV into arrays of numbers: a few bytes a row."""
    times, tenant_of, model_of = array("q"), array("L"), array("L")
    tenants: dict[str, int] = {}
    models: dict[str, int] = {}
    usual = (next(iter(traffic.tenants)), next(iter(traffic.models or {model: 1})))
    for number, row in _rows(path):
        times.append(_instant(path, number, row.get("at_s")))
        tenant_of.append(tenants.setdefault(row.get("tenant") or usual[0], len(tenants)))
        model_of.append(models.setdefault(row.get("model") or usual[1], len(models)))
    if not times:
        raise Refused(f"{path} has no rows. Write one a job under the header at_s,tenant,model.")
    order = sorted(range(len(times)), key=times.__getitem__)
    stream = ((times[i], tenant_of[i], model_of[i]) for i in order)
    return Arrivals(tuple(tenants), tuple(models), len(times), times[order[-1]], stream)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            known = {"at_s", "tenant", "model"}
            columns = set(reader.fieldnames or ())
            if "at_s" not in columns or columns - known:
                raise Refused(
                    f"{path}:1: the columns must be at_s and, if wanted, tenant and model, "
                    f"not {', '.join(reader.fieldnames or ()) or 'nothing'}."
                )
            yield from ((reader.line_num, row) for row in reader)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} is not CSV in UTF-8: {error}.") from None


def _instant(path: Path, line: int, text: str | None) -> int:
    try:
        at_s = float(text or "")
    except ValueError:
        at_s = math.nan
    if not 0 <= at_s < math.inf:
        raise Refused(f"{path}:{line}: at_s must be seconds from the start, 0 or more, not {text!r}.")
    return round(at_s * SECOND)

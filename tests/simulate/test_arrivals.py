"""When jobs arrive: sizes, shapes, files, and what is wrong with them."""

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from sluice.errors import Refused
from sluice.simulate.arrivals import SECOND, Traffic, arrivals_of


def arrive(traffic: Traffic) -> list[tuple[int, int, int]]:
    return list(arrivals_of(traffic, "m").stream)


@pytest.mark.parametrize(
    ("traffic", "jobs", "last_s"),
    [
        (Traffic(), 600, 599),
        (Traffic(rpm=30, duration_s=60), 30, 58),
        (Traffic(rpm=30, jobs=4), 4, 6),
        (Traffic(jobs=10, duration_s=100), 10, 90),
        (Traffic(shape="burst"), 100, 0),
        (Traffic(shape="burst", jobs=7), 7, 0),
        (Traffic(shape="burst", tenants={"a": 5, "b": 1}), 6, 0),
        (Traffic(shape="burst", burst_size=10, rpm=20, duration_s=120), 40, 90),
        (Traffic(shape="burst", burst_size=10, jobs=25), 25, 120),
    ],
)
def test_sizes_are_completed(traffic: Traffic, jobs: int, last_s: int) -> None:
    arrivals = arrive(traffic)

    assert (len(arrivals), arrivals[-1][0]) == (jobs, last_s * SECOND)


def test_a_day_has_its_peak_in_the_afternoon_and_all_its_jobs() -> None:
    arrivals = arrive(Traffic(shape="daily", jobs=24_000))

    hours = Counter(at // (3600 * SECOND) for at, _, _ in arrivals)
    assert len(arrivals) == 24_000
    assert arrivals == sorted(arrivals, key=lambda arrival: arrival[0])
    assert hours[15] == pytest.approx(1800, rel=0.02)
    assert hours[3] == pytest.approx(200, rel=0.05)


def test_weights_are_kept_exactly_and_do_not_hang_together() -> None:
    traffic = Traffic(jobs=400, tenants={"a": 3, "b": 1}, models={"x": 1, "y": 1})

    pairs = Counter((tenant, model) for _, tenant, model in arrive(traffic))

    assert pairs[0, 0] + pairs[0, 1] == 300
    assert pairs[0, 0] + pairs[1, 0] == 200
    assert min(pairs.values()) > 20


def test_a_csv_gives_instants_tenants_and_models_in_any_order(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("at_s,tenant,model\n2.5,b,y\n0,a,\n1,,x\n")

    arrivals = arrivals_of(Traffic(shape="csv", csv=file), "m")

    assert (arrivals.tenants, arrivals.models, arrivals.count) == (("b", "a", "all"), ("y", "m", "x"), 3)
    assert list(arrivals.stream) == [(0, 1, 1), (SECOND, 2, 2), (5 * SECOND // 2, 0, 0)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"a\.csv:1: the columns must be at_s .* not nothing\."),
        ("time\n1\n", r"a\.csv:1: the columns must be at_s .* not time\."),
        ("at_s\n", r"a\.csv has no rows\."),
        ("at_s\n1\nsoon\n", r"a\.csv:3: at_s must be seconds from the start, 0 or more, not 'soon'\."),
        ("at_s\n-1\n", r"a\.csv:2: at_s must be .* not '-1'\."),
        ("at_s\nnan\n", r"a\.csv:2: at_s must be .* not 'nan'\."),
    ],
)
def test_a_wrong_csv_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)

    with pytest.raises(Refused, match=problem):
        arrivals_of(Traffic(shape="csv", csv=file), "m")


@pytest.mark.parametrize(
    ("traffic", "problem"),
    [
        (Traffic(rpm=1, jobs=1, duration_s=1), "say the same thing twice. Give two of them."),
        (Traffic(rpm=math.nan), "rpm must be a number above 0, not nan."),
        (Traffic(jobs=-1), "jobs must be a number above 0, not -1."),
        (Traffic(jitter=2), "jitter must be from 0 to 1, not 2."),
        (Traffic(shape="weekly"), "unknown shape 'weekly'. Known: constant, burst, daily, csv."),
        (Traffic(shape="csv"), "the shape 'csv' and a CSV file go together."),
        (Traffic(shape="csv", csv=Path("gone.csv")), "gone.csv cannot be read: No such file or directory."),
    ],
)
def test_contradictions_are_refused(traffic: Traffic, problem: str) -> None:
    with pytest.raises(Refused) as refused:
        arrivals_of(traffic, "m")

    assert problem in str(refused.value)


def test_an_even_load_is_even() -> None:
    times = [at for at, _, _ in arrive(Traffic(rpm=7, duration_s=600))]

    gaps = {after - before for before, after in pairwise(times)}
    assert gaps <= {math.floor(60 * SECOND / 7), math.ceil(60 * SECOND / 7)}

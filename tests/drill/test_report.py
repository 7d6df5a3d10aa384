"""The table, the CSV and the JSON of a drill."""

import csv
import doctest
import json
from types import ModuleType

import pytest

from sluice import errors, percentile
from sluice.drill import report, sandbox
from sluice.drill import result as results
from tests.drill.world import T0, caller, result

FOUND = result(
    caller(T0 + 1, "google"),
    caller(T0 + 11, "-google", "fal", phase=1, usd=None),
    caller(T0 + 12, "(google)", "fal", phase=1),
    billed=(("google", T0 + 1.15),),
)


def test_the_table_has_a_row_a_phase_and_one_for_all() -> None:
    rows = {str(row[0]): dict(zip(report.COLUMNS, row, strict=True)) for row in report.table_of(FOUND)}

    assert list(rows) == ["calm", "google down", "google back", "all"]
    assert rows["calm"]["took p50·p95"] == "2.0 · 2.0 s"
    assert rows["calm"]["billed"] == 1
    assert rows["google down"]["chains taken"] == "google -> fal: 1\n(google) -> fal: 1"
    assert rows["google down"]["cost"] == "$0.5, 1 unpriced"
    assert rows["google back"]["waited p50·p95"] == ""


def test_a_way_in_brackets_is_explained() -> None:
    """
    Only where there is one.
    """
    note = report.notes_of(FOUND)[0]

    assert note.startswith("(google) -> fal: what is in brackets was passed over, because 5 calls in a row")
    assert report.notes_of(result(caller(T0, "google"))) == []


def test_the_csv_has_every_caller() -> None:
    rows = list(csv.DictReader(report.callers_csv(FOUND).splitlines()))

    assert [(row["at_s"], row["phase"], row["chain"]) for row in rows] == [
        ("1.000", "calm", "google"),
        ("11.000", "google down", "google -> fal"),
        ("12.000", "google down", "(google) -> fal"),
    ]
    assert (rows[1]["usd"], rows[2]["usd"], rows[2]["took_s"]) == ("", "0.500000", "2.000")


def test_the_json_says_the_same() -> None:
    found = json.loads(json.dumps(report.json_of(FOUND)))

    assert found["chain"] == ["google/veo", "fal/fal-ai/veo"]
    assert found["verdict"] == "Every caller was served: 3 of 3."
    assert [phase["name"] for phase in found["phases"]] == ["calm", "google down", "google back"]
    assert found["phases"][1]["broken"] == ["google"]
    assert found["all"]["chains"] == {"google": 1, "google -> fal": 1, "(google) -> fal": 1}
    assert (found["errors_with_a_provider_left"], found["cut_short"]) == (0, False)


@pytest.mark.parametrize("module", [errors, percentile, results, sandbox])
def test_examples_in_docstrings_are_true(module: ModuleType) -> None:
    tried = doctest.testmod(module)

    assert tried.attempted
    assert not tried.failed

"""`sluice simulate` as people type it."""

import csv
import doctest
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from sluice import span
from sluice.cli import app
from sluice.errors import Refused
from sluice.simulate import Down, Traffic, arrivals, option, pool, simulate
from sluice.simulate.plot import svg_of
from tests.cli.tool import sluice
from tests.simulate.world import THREE, plan

pytestmark = pytest.mark.program


def run(out: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", "--out", str(out), *words])


def test_the_tables_and_the_files_say_the_same(tmp_path: Path) -> None:
    shown = sluice("simulate", "--model", "nano-banana-pro", "--rpm", "6", "--out", str(tmp_path))

    assert shown.returncode == 0, shown.stderr
    assert "jobs\t60 over 10 min" in shown.stdout
    assert "429 to us\t0" in shown.stdout
    assert json.loads((tmp_path / "result.json").read_text())["succeeded"] == 60
    rows = list(csv.DictReader((tmp_path / "series.csv").read_text().splitlines()))
    assert sum(int(row["google/global starts"]) for row in rows) == 60


def test_json_is_for_programs(tmp_path: Path) -> None:
    shown = run(tmp_path, "--shape", "burst", "--jobs", "5", "--json", "--tenants", "a:2,b")

    found = json.loads(shown.stdout)
    assert found["jobs"] == found["succeeded"] == 5
    assert found["answers_429"] == {"to_callers": 0, "to_us": 0}
    assert found["waits_s"].keys() == {"p50", "p95", "p99"}
    assert found["tenants"].keys() == {"a", "b"}
    assert Path(found["files"]["plot.svg"]).is_file()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--model", "nano-banana"], "--model: unknown model 'nano-banana'. Did you mean 'nano-banana-pro'"),
        (["--model", "veo-3.1:x"], "--model: 'veo-3.1:x' is no name with a weight."),
        (["--tenants", "a:5,a:6"], "--tenants: 'a' is given twice."),
        (["--tenants", "a:0"], "--tenants: 'a:0' is no name with a weight."),
        (["--down", "google:20m-10m"], "--down: 'google:20m-10m' ends before it starts."),
        (["--down", "google"], "--down: 'google' is not PROVIDER:FROM-TO. Write it as google:10m-20m."),
        (["--down", "gogle:1m-2m"], "--down: unknown provider 'gogle'. Did you mean 'google'?"),
        (["--real", "google"], "--real: 'google' is not PROVIDER:RPM. Write it as google:20."),
        (["--real", "gogle:20"], "--real: unknown provider 'gogle'. Did you mean 'google'?"),
        (["--tier", "por"], "--tier: unknown tier 'por'. Did you mean 'pro'? Known: free, pro."),
        (["--down", "google:1-2"], "--down: '1' is no duration."),
        (["--csv", "gone.csv"], "gone.csv cannot be read: No such file or directory."),
        (["--duration", "3 weeks"], "--duration: '3 weeks' is no duration. Write numbers with s, m, h or d"),
        (["--duration", "99999d"], "--duration: '99999d' is too long."),
        (["--duration", "0s"], "--duration: '0s' is no time at all."),
        (["--input", "{"], "--input is not JSON"),
        (["--input", "[]"], "--input is not a JSON object."),
        (["--model", "veo-3.1", "--input", '{"duration": "x"}'], "no target of 'veo-3.1' can serve"),
        (["--dir", "/nowhere"], "/nowhere/routes.yaml does not exist."),
    ],
)
def test_mistakes_are_told_with_a_way_out(tmp_path: Path, words: list[str], problem: str) -> None:
    shown = run(tmp_path, *words)

    assert isinstance(shown.exception, Refused)
    assert problem in str(shown.exception)


@pytest.mark.parametrize("module", [arrivals, option, pool, span])
def test_examples_in_docstrings_are_true(module: ModuleType) -> None:
    tried = doctest.testmod(module)

    assert tried.attempted
    assert not tried.failed


def test_a_tier_and_a_real_rate_are_told_in_tables_and_json(tmp_path: Path) -> None:
    words = ("--model", "nano-banana-pro", "--rpm", "60", "--tier", "free", "--real", "google:2")

    shown, told = run(tmp_path, *words), run(tmp_path, *words, "--json")

    found = json.loads(told.stdout)
    refused, ours = found["refused"]["rate_limited"], found["answers_429"]["to_us"]
    assert f"429 to callers\t{found['answers_429']['to_callers']}: rate_limited {refused}" in shown.stdout
    assert f"429 to us\t{ours}\n" in shown.stdout
    assert "60 rpm, 10 at once, burst 10, really 2 rpm" in shown.stdout
    assert (found["tier"], found["real_rpm"], ours > 0) == ("free", {"google": 2}, True)


def test_durations_add_up() -> None:
    assert span.duration_s("1d2h3m4.5s", "--duration") == 86_400 + 7200 + 180 + 4.5


def test_the_plot_is_whole_xml_with_a_line_per_pool_and_the_fault() -> None:
    policy = "overflow: divert\n    max_wait: 0s"
    traffic = Traffic(rpm=60, duration_s=1200, down=(Down("fal", 300, 600),))

    drawn = svg_of(simulate(plan(policy, THREE, "{rpm: 20}"), traffic))

    root = ET.fromstring(drawn)  # noqa: S314 - our own text
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 6
    assert texts.count("fal down") == 2
    assert {"jobs waiting", "time since the start", "google/global", "10 min"} <= set(texts)

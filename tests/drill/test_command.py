"""`sluice drill` as people type it: what it refuses, and how it says so."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sluice.cli import app
from sluice.config import read_again
from sluice.errors import Refused
from sluice.local import state as states
from sluice.local.process import Process, start_of
from sluice.local.state import Running, State
from tests.cli.sample import written

pytestmark = pytest.mark.program

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write the two files and return their folder."""
    return written(tmp_path)


def drill(state: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["drill", "--state", str(state), "--out", str(state / "out"), *words])


def up(files: Path, live: str = "") -> Path:
    """Pretend that a stack was made from these files, whose one program is this process."""
    me = os.getpid()
    context = {"dir": str(files), "sandbox_url": NOBODY, "live": live}
    plan = read_again(files, context).plan
    assert plan
    states.save(
        files / "state",
        State(
            services={"edge": Running(Process(me, start_of(me) or ""), 9, "")},
            base_url=NOBODY,
            context=context,
            outputs={"PlanHash": plan.hash},
            keys={"pro": "sk-sluice-x"},
        ),
    )
    return files / "state"


def test_without_a_stack_the_way_to_one_is_named(tmp_path: Path) -> None:
    shown = drill(tmp_path)

    assert isinstance(shown.exception, Refused)
    assert str(shown.exception) == "the local stack does not run. Start it: `make up`."


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--fault", "flood"], "--fault: unknown kind 'flood'. Known kinds: status, hang"),
        (["--fault", "expired_url:poll"], "--fault: kind 'expired_url' cannot hit 'poll'."),
        (["--fault", "status:99"], "--fault: 'status' is 99; expected a number from 300 to 599."),
        (["--phase", "soon"], "--phase: 'soon' is no duration."),
        (["--phase", "0s"], "--phase: '0s' is no time at all."),
        (["--input", "["], "--input is not JSON"),
        (["--model", "pictures"], "--model: unknown model 'pictures'. Did you mean 'picture'?"),
        (
            ["--provider", "gogle"],
            "--provider: unknown provider of 'picture' 'gogle'. Did you mean 'google'?",
        ),
        ([], "the sandbox at http://127.0.0.1:9/_sandbox does not answer (ConnectError)."),
    ],
)
def test_mistakes_are_told_with_a_way_out(files: Path, words: list[str], problem: str) -> None:
    shown = drill(up(files), *words)

    assert isinstance(shown.exception, Refused)
    assert problem in str(shown.exception)


def test_a_live_provider_is_not_drilled(files: Path) -> None:
    """
    It cannot be broken, and every call to it costs money.
    """
    shown = drill(up(files, live="google"))

    assert isinstance(shown.exception, Refused)
    assert str(shown.exception).startswith(
        "'picture' goes to google for real: only the sandbox can be broken"
    )


def test_files_that_are_not_what_runs_are_refused(files: Path) -> None:
    state = up(files)
    routes = files / "routes.yaml"
    routes.write_text(routes.read_text().replace("[google/gemini-3-pro-image, ", "["))

    shown = drill(state)

    assert isinstance(shown.exception, Refused)
    assert (
        str(shown.exception) == f"the files in {files} are no longer what runs. Serve them first: `make up`."
    )


def test_more_load_than_the_stack_carries_is_refused(files: Path) -> None:
    shown = drill(up(files), "--rpm", "181")

    assert shown.exit_code == 2
    assert "less than or equal to 180" in shown.output

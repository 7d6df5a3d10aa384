"""`sluice drill` on the real local stack: callers are served, and nothing stays broken."""

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tool import neutral, sluice
from tests.e2e.conftest import ROOT, Gateway, forget_circuits
from tests.e2e.test_crash import wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture
def drilled(gateway: Gateway) -> Iterator[Gateway]:
    """A stack to drill; the circuits that a drill opens are closed for whoever comes next."""
    yield gateway
    forget_circuits(gateway.stack)


def test_callers_are_served_while_a_provider_is_down(drilled: Gateway, tmp_path: Path) -> None:
    """Google breaks for some seconds; fal takes over, everybody gets a picture, and all of it is told."""
    words = ("--provider", "google", "--phase", "6s", "--rpm", "40", "--json")

    shown = sluice("drill", "--state", str(drilled.stack.state), "--out", str(tmp_path), *words)

    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    calm, down, back = found["phases"]
    assert (found["model"], found["verdict"]) == ("nano-banana-pro", "Every caller was served: 12 of 12.")
    assert [phase["succeeded"] for phase in (calm, down, back)] == [4, 4, 4]
    assert "google" in calm["chains"]
    assert "google -> fal" in down["chains"]
    assert found["all"]["billed_calls"] == 12
    assert len(list(csv.DictReader((tmp_path / "jobs.csv").read_text().splitlines()))) == 12
    assert "google down" in (tmp_path / "timeline.svg").read_text()
    assert fault_of(drilled, "google") is None


def test_a_drill_that_is_interrupted_leaves_nothing_broken(drilled: Gateway, tmp_path: Path) -> None:
    """Ctrl-C while Google is down: it is healed, what there is gets shown, and the exit code says so."""
    words = ("--state", str(drilled.stack.state), "--out", str(tmp_path), "--phase", "3s", "--rpm", "40")
    command = [sys.executable, "-P", "-m", "sluice", "drill", *words]
    with subprocess.Popen(command, cwd=ROOT, env=neutral(), stdout=subprocess.PIPE, text=True) as drill:
        wait_for(lambda: fault_of(drilled, "google") is not None)
        drill.send_signal(signal.SIGINT)

        shown, _ = drill.communicate(timeout=30)

    assert drill.returncode == 130
    assert fault_of(drilled, "google") is None
    assert [line.split("\t")[0] for line in shown.splitlines()[:4]] == ["phase", "calm", "google down", "all"]
    assert (tmp_path / "timeline.svg").is_file()


def fault_of(gateway: Gateway, provider: str) -> Any:
    """Ask the sandbox what is broken."""
    return gateway.http.get(f"{gateway.stack.sandbox_url}/_sandbox/faults/{provider}").json()["fault"]

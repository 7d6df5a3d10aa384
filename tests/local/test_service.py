"""Programs are reused while they are alive and unchanged, and started anew otherwise."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sluice.errors import Refused, tail
from sluice.local import state as states
from sluice.local.process import alive
from sluice.local.program import Program
from sluice.local.service import Services
from sluice.local.state import State

SERVER = Program(
    "server",
    (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1"),
    "/",
    {"PORT_TOLD": "{port}"},
)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Give services with an empty state, and end all at the end."""
    services = Services(tmp_path, State())
    yield services
    for name in list(services.state.services):
        services.stop(name)


def test_a_program_that_runs_is_reused(services: Services) -> None:
    assert services.begin(SERVER)
    services.wait(SERVER)
    first = services.state.services["server"]

    assert not services.begin(SERVER)

    assert services.state.services["server"] == first


def test_a_changed_program_is_started_anew_on_its_port(services: Services, tmp_path: Path) -> None:
    """
    The sandbox keeps its address over an edit, so nothing else must be deployed again.
    """
    source = tmp_path / "source.py"
    source.write_text("1")
    program = replace(SERVER, sources=(source,))
    services.begin(program)
    services.wait(program)
    first = services.state.services["server"]
    source.write_text("2")

    assert services.begin(program)

    services.wait(program)
    second = services.state.services["server"]
    assert (second.port, alive(first.process)) == (first.port, False)


def test_a_program_that_ends_at_once_is_told_with_its_log(services: Services) -> None:
    broken = Program("broken", (sys.executable, "-c", "raise SystemExit('no {port} for you')"), "/")
    services.begin(broken)

    with pytest.raises(Refused, match="the broken ended while starting") as caught:
        services.wait(broken)

    assert caught.value.log is not None
    assert "for you" in tail(caught.value.log)


def test_a_failure_stops_what_this_command_began_and_nothing_else(services: Services, tmp_path: Path) -> None:
    services.begin(SERVER)
    services.wait(SERVER)
    later = Services(tmp_path, states.load(tmp_path))
    other = replace(SERVER, name="other")
    later.begin(SERVER)
    later.begin(other)
    later.wait(other)
    begun = later.state.services["other"]

    later.stop_begun()

    assert not alive(begun.process)
    assert alive(services.state.services["server"].process)
    assert states.load(tmp_path).services.keys() == {"server"}

"""Background programs are known by pid and start time, and end with everything they started."""

import os
import sys
import time
from pathlib import Path

import pytest

from sluice.local.process import Process, alive, spawn, start_of, stop

pytestmark = pytest.mark.program

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
time.sleep(60)
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
print(child.pid, flush=True)
child.wait()
"""


def test_stop_ends_what_a_program_started(tmp_path: Path) -> None:
    """
    The emulator's workers go with it, even those that do not listen.
    """
    log = tmp_path / "log"
    program = spawn((sys.executable, "-c", PARENT), os.environ, log)
    child = int(_line(log))

    assert stop(program)

    assert not alive(program)
    assert _gone(child)


def test_stop_does_not_wait_for_ever_for_a_stubborn_program(tmp_path: Path) -> None:
    program = spawn((sys.executable, "-c", STUBBORN), os.environ, tmp_path / "log")
    _line(tmp_path / "log")

    assert stop(program, grace_s=0.2)

    assert not alive(program)


def test_a_pid_that_somebody_else_has_now_is_left_alone(tmp_path: Path) -> None:
    """
    A state file outlives a restart of the machine; its pids may be anybody's.
    """
    stranger = spawn(SLEEP, os.environ, tmp_path / "log")

    assert not stop(Process(stranger.pid, "another start"))

    assert alive(stranger)
    stop(stranger)


def test_an_ended_program_that_nobody_waited_for_is_not_alive(tmp_path: Path) -> None:
    program = spawn((sys.executable, "-c", ""), os.environ, tmp_path / "log")

    assert _gone(program.pid)
    assert not alive(program)
    assert not stop(program)


def test_output_is_appended_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "program.log"

    for word in ("first", "second"):
        _gone(spawn((sys.executable, "-c", f"print({word!r})"), os.environ, log).pid)

    assert log.read_text() == "first\nsecond\n"


def _line(log: Path) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if log.is_file() and log.read_text().endswith("\n"):
            return log.read_text().splitlines()[0]
        time.sleep(0.01)
    raise AssertionError("the program said nothing")


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while start_of(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    return start_of(pid) is None

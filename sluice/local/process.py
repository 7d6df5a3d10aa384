"""Background programs: started in a session of their own, known by pid and start time, stopped as a group.

A pid alone is never trusted: the system may have given it to somebody else since.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 5.0
_SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE]


@dataclass(frozen=True, slots=True)
class Process:
    """A program that we started.

    Args:
        started: the system's own mark of when, only compared.
    """

    pid: int
    started: str


def spawn(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start a program that outlives us, its output going to the end of a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        argv[0],
        list(argv),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigdef=_SIGNALS,
        setsigmask=[],
    )
    return Process(pid, start_of(pid) or "")


def wait(process: Process) -> int:
    """Wait for a program of ours; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])


def alive(process: Process) -> bool:
    """Tell whether this very program still runs."""
    return bool(process.started) and start_of(process.pid) == process.started


def stop(process: Process, *, grace_s: float = GRACE_S) -> bool:
    """End the program and everything in its group: politely, then for good. False if it was gone already."""
    if not alive(process):
        _reap(process.pid)
        return False
    _signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_group(process.pid, signal.SIGKILL)
    while alive(process) and time.monotonic() < deadline + grace_s:
        time.sleep(0.02)
    _reap(process.pid)
    return True


def start_of(pid: int) -> str | None:
    """Return the mark of when a running program started; None if there is none, or only its remains."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None if Path("/proc/self/stat").exists() else _start_by_ps(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _start_by_ps(pid: int) -> str | None:
    found = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = found.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)

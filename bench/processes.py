"""Processes that are measured: started on a core of their own, waited for, asked what they used, ended."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

PATIENCE_S = 120


@contextmanager
def running(
    command: list[str], log: Path, core: int, environment: Mapping[str, str]
) -> Iterator[psutil.Popen]:
    """Run a command, with all that comes of it, on one core; end it all afterwards."""
    with log.open("wb") as out:
        process = psutil.Popen(
            command, env={**os.environ, **environment}, stdout=out, stderr=out, start_new_session=True
        )
    process.cpu_affinity([core])
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGKILL)


def ready(url: str, log: Path) -> float:
    """Wait until something answers; return the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE_S:
        try:
            httpx.get(url, timeout=5, trust_env=False)
            return time.monotonic() - began
        except httpx.TransportError:
            time.sleep(0.05)
    raise SystemExit(f"{url} does not answer; see {log}")


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all that came of it."""
    return [process, *process.children(recursive=True)]


def cpu_ms(processes: list[psutil.Process]) -> float:
    """Return the processor time that processes have used so far."""
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes) * 1000


def memory_mb(processes: list[psutil.Process]) -> float:
    """Return how much memory processes hold."""
    return float(sum(each.memory_info().rss for each in processes)) / 2**20

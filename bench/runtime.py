"""A function under the local Lambda of the edge, for measuring: one worker, asked from ordinary code."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sluice.local.runtime.answer import FunctionFailed
from sluice.local.runtime.function import Function as Code
from sluice.local.runtime.worker import Worker

TICKS = os.sysconf("SC_CLK_TCK")
TIMEOUT_S = 60
Found = TypeVar("Found")


@dataclass
class Function:
    """A running function: how long it took to be ready, and a way to invoke it."""

    init_ms: float
    pid: int
    _worker: Worker = field(repr=False)
    _loop: asyncio.AbstractEventLoop = field(repr=False)

    def invoke(self, event: dict[str, Any]) -> tuple[float, Any]:
        """Run one event; return its milliseconds and its answer.

        Raises:
            RuntimeError: the function failed.
        """
        began = time.perf_counter()
        try:
            answer = _wait(self._loop, self._invoke(json.dumps(event).encode()))
        except FunctionFailed as error:
            raise RuntimeError(str(error)) from error
        return (time.perf_counter() - began) * 1000, answer

    async def _invoke(self, event: bytes) -> Any:
        return await self._worker.invoke(event).whole()

    def cpu_s(self) -> float:
        """Return the processor seconds that the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def function(python: Path, package: Path, handler: str, settings: dict[str, str]) -> Iterator[Function]:
    """Start a function as Lambda does, wait until it asks for work, and end it afterwards."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    code = Code(package, handler, settings, memory_mb=1024, name="bench", python=python)

    async def make() -> Worker:
        return Worker(code, quiet=True)

    worker = _wait(loop, make())
    began = time.perf_counter()
    try:
        _wait(loop, worker.start())
        yield Function((time.perf_counter() - began) * 1000, worker.pid, worker, loop)
    finally:
        _wait(loop, worker.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Found]) -> Found:
    return asyncio.run_coroutine_threadsafe(work, loop).result(TIMEOUT_S)

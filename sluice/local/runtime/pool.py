"""Workers for calls at once: one is kept warm, more are started when all are busy, the dead are replaced."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sluice.local.runtime.answer import Answer
from sluice.local.runtime.function import Function
from sluice.local.runtime.worker import Worker

# A function that cannot be loaded is tried again after this, not at once.
_PAUSE_S = 1.0
_log = logging.getLogger("sluice.runtime")


class Busy(Exception):
    """All workers are at work, and no more may be started."""


class Pool:
    """Workers of one function.

    Args:
        load: brings the function, when the first worker is started.
        most: workers at once.
        patience_s: how long a call waits for one of them.
    """

    def __init__(self, load: Callable[[], Awaitable[Function]], most: int, patience_s: float = 5) -> None:
        self._load, self._most, self._patience_s = load, most, patience_s
        self._function: Function | None = None
        self._loading = asyncio.Lock()
        self._workers: list[Worker] = []
        self._changed = asyncio.Event()
        self._warming: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Return the process ids of those that run."""
        return [worker.pid for worker in self._workers if worker.alive]

    def warm(self) -> None:
        """Start a first worker, without waiting for it."""
        if not self._closed and not self._workers:
            self._warming = asyncio.create_task(self._warm())

    async def invoke(self, event: bytes) -> Answer:
        """Have an event served.

        Raises:
            Busy: no worker is free, and none became free.
            FunctionFailed: the function cannot be started.
        """
        worker = self._free() or (await self._begin() if len(self._workers) < self._most else None)
        return (worker or await self._next()).invoke(event)

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        if self._warming:
            self._warming.cancel()
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    def _free(self) -> Worker | None:
        return next((worker for worker in self._workers if worker.free), None)

    async def _next(self) -> Worker:
        """Wait for a worker to become free."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                while not (worker := self._free()):
                    self._changed.clear()
                    await self._changed.wait()
                return worker
        raise Busy

    async def _warm(self) -> None:
        try:
            worker = await self._begin()
        except Exception as error:
            _log.warning("no worker could be started: %r", error)
            return
        worker.taken = False
        self._changed.set()

    async def _begin(self) -> Worker:
        async with self._loading:
            self._function = self._function or await self._load()
        worker = Worker(self._function, self._changed.set, self._ended)
        self._workers.append(worker)
        await worker.start()
        return worker

    def _ended(self, worker: Worker) -> None:
        """Replace the last worker; what cannot start is tried again after a while, or with the next call."""
        self._workers.remove(worker)
        self._changed.set()
        if not self._closed:
            asyncio.get_running_loop().call_later(_PAUSE_S, self.warm)

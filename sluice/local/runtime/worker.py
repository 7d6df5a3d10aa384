"""One worker: a process that serves one event at a time, and the Runtime API that it asks for them."""

import asyncio
import contextlib
from collections.abc import Callable

from sluice.local.runtime.answer import Answer, FunctionFailed
from sluice.local.runtime.api import RuntimeApi
from sluice.local.runtime.function import Function

# What a worker that was cut off gets to come back by itself.
_GRACE_S = 20.0


class Worker:
    """A running worker.

    Args:
        on_idle, on_end: are told when it has nothing to do, and when its process has ended.
        quiet: what it prints goes nowhere, else where our own goes.
    """

    def __init__(
        self,
        function: Function,
        on_idle: Callable[[], None] = lambda: None,
        on_end: Callable[["Worker"], None] = lambda worker: None,
        *,
        quiet: bool = False,
    ) -> None:
        self._function, self._on_end, self._quiet = function, on_end, quiet
        self.api = RuntimeApi(function.arn, on_idle)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self.alive = True
        self.taken = True  # by whoever starts it

    @property
    def pid(self) -> int:
        """Return the process id; 0 before there is a process."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start the process and wait until it asks for work.

        Raises:
            FunctionFailed: it could not be loaded.
        """
        address = await self.api.open()
        function = self._function
        self._process = await asyncio.create_subprocess_exec(
            *function.command(),
            cwd=function.package,
            env=function.environment(address),
            stdout=asyncio.subprocess.DEVNULL if self._quiet else None,
        )
        self._watch = asyncio.create_task(self._ended(self._process))
        await self.api.ready

    @property
    def free(self) -> bool:
        """Whether it waits for an event."""
        return self.alive and self.api.idle and not self.taken

    def invoke(self, event: bytes) -> Answer:
        """Serve an event; one that takes longer than the function may is ended with its worker."""
        answer = Answer(leave=self._left)
        self.api.give(event, self._function.timeout_s, answer)
        self.taken = False
        late = FunctionFailed("Sandbox.Timedout", f"no end after {self._function.timeout_s:g} s")
        self._end_after(self._function.timeout_s, lambda: answer.over, answer, late)
        return answer

    def _left(self) -> None:
        """Cut an answer off; a worker that does not come back from it is ended."""
        self.api.cut()
        self._end_after(_GRACE_S, lambda: self.api.idle)

    def _end_after(
        self,
        seconds: float,
        is_well: Callable[[], bool],
        answer: Answer | None = None,
        why: FunctionFailed | None = None,
    ) -> None:
        """End the worker after a while unless all is well by then; one such threat at a time."""

        def end() -> None:
            if not is_well():
                if answer:
                    answer.end(why)
                self._kill()

        if self._overdue:
            self._overdue.cancel()
        self._overdue = asyncio.get_running_loop().call_later(seconds, end)

    async def stop(self) -> None:
        """End the process: politely, then for good."""
        if self._process is None or self._watch is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._watch), 1)
        self._kill()
        await self._watch

    def _kill(self) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _ended(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        self.alive = False
        if self._overdue:
            self._overdue.cancel()
        self.api.close(FunctionFailed("Runtime.ExitError", f"the worker ended with exit code {code}"))
        self._on_end(self)

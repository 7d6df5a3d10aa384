"""The two clients: the same calls, one of them to be awaited."""

import asyncio
import mimetypes
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from sluice_client import _flow
from sluice_client._carry import AsyncWire, Settings, Wire
from sluice_client._flow import End, Flow, Tell, advance
from sluice_client._wire import Request
from sluice_client.errors import JobFailed
from sluice_client.stream import AsyncStream, Stream
from sluice_client.types import Event, Job

TRIES = 5
# The gateway answers within 29 s, an upload takes what it takes.
TIMEOUT = httpx.Timeout(60, connect=10)
WAIT_S = 600.0
# A chat's own limit at the gateway.
SILENCE_S = 300.0

Told = Callable[[Event], None]


class Sluice:
    """A gateway, as seen by one key.

    Args:
        base_url, api_key: ``SLUICE_BASE_URL`` and ``SLUICE_API_KEY`` where they are absent.
        tries: how often a call is sent at most when the gateway is busy or does not answer.
        http: a client of your own, such as one with a proxy; it stays yours to close.
        sleep: what waits between two tries.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        tries: int = TRIES,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._tries = _settings(base_url, api_key), tries
        self._http = http or httpx.Client(timeout=TIMEOUT)
        self._own, self._sleep = http is None, sleep

    def submit(self, model: str, input: Mapping[str, Any], **options: Any) -> Job:
        """Start a job and return at once.

        Args:
            input: the model's parameters.
            options: what steers the gateway: ``fallback``, ``webhook_url``, ``max_usd``, ``metadata``, ...;
                and ``idempotency_key``, by which this start is known where another process sends it again.

        Raises:
            SluiceError: the gateway refuses it, or cannot be reached.
        """
        job: Job = self._finish(_flow.submit(model, input, options, self._tries))
        return job

    def run(
        self,
        model: str,
        input: Mapping[str, Any],
        *,
        timeout_s: float = WAIT_S,
        on_event: Told | None = None,
        **options: Any,
    ) -> Job:
        """Start a job and see it through, as ``submit`` and ``wait`` do, but what is quick in one call."""
        flow = _flow.run(model, input, options, self._tries, timeout_s, on_event is not None)
        return _succeeded(self._finish(flow, on_event))

    def wait(self, job: Job | str, *, timeout_s: float = WAIT_S, on_event: Told | None = None) -> Job:
        """Wait for a job's end, and hear of what happens to it.

        Args:
            timeout_s: how long; the end of it may be noticed up to 15 s late.

        Raises:
            JobFailed: it ended without a result.
            WaitTimedOut: it has not ended by then.
        """
        return _succeeded(self._finish(_watch(job, timeout_s, self._tries), on_event))

    def stream(
        self, model: str, input: Mapping[str, Any], *, silence_s: float = SILENCE_S, **options: Any
    ) -> Stream:
        """Hear what a model says, as it says it; the call is made when the answer is first iterated over.

        Args:
            input: ``messages``, and parameters of the model.
            silence_s: how long to wait for the next words; models that think may take their time.
            options: ``fallback``, ``max_usd``, ``metadata``, ``provider``, ...
        """
        flow = _flow.talk(model, input, options, self._tries, silence_s)
        return Stream(Wire(self._settings, self._http, self._sleep), flow)

    def events(self, job: Job | str, *, timeout_s: float = WAIT_S) -> Iterator[Event]:
        """Yield what happens to a job until it has ended; the last event has the job, however it ended."""
        flow = _watch(job, timeout_s, self._tries)
        with Wire(self._settings, self._http, self._sleep) as wire:
            step = advance(flow, None)
            while not isinstance(step, End):
                if isinstance(step, Tell):
                    yield step.event
                step = advance(flow, wire.take(step))

    def job(self, job_id: str) -> Job:
        """Look at a job."""
        found: Job = self._call(Request("GET", f"/v1/jobs/{job_id}"))
        return found

    def cancel(self, job_id: str) -> Job:
        """Cancel a job, also at its provider where that can be done."""
        found: Job = self._call(Request("DELETE", f"/v1/jobs/{job_id}"))
        return found

    def models(self) -> list[dict[str, Any]]:
        """List the models with what each takes and costs."""
        found: list[dict[str, Any]] = self._call(Request("GET", "/v1/models"))["data"]
        return found

    def upload(self, file: str | Path | bytes, content_type: str | None = None) -> str:
        """Send a file; the reference that comes back stands for it in an input for a day.

        Args:
            content_type: needed for bytes, and for a path whose ending does not tell.
        """
        reference: str = self._finish(_flow.upload(*_read(file, content_type), self._tries))
        return reference

    def close(self) -> None:
        """Close the connections."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, request: Request) -> Any:
        return self._finish(_flow.call(request, self._tries))

    def _finish(self, flow: Flow, on_event: Told | None = None) -> Any:
        with Wire(self._settings, self._http, self._sleep) as wire:
            step = advance(flow, None)
            while not isinstance(step, End):
                if isinstance(step, Tell) and on_event:
                    on_event(step.event)
                step = advance(flow, wire.take(step))
            return step.value


class AsyncSluice:
    """The same to be awaited; see ``Sluice``."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        tries: int = TRIES,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings, self._tries = _settings(base_url, api_key), tries
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        self._own, self._sleep = http is None, sleep

    async def submit(self, model: str, input: Mapping[str, Any], **options: Any) -> Job:
        """Start a job and return at once."""
        job: Job = await self._finish(_flow.submit(model, input, options, self._tries))
        return job

    async def run(
        self,
        model: str,
        input: Mapping[str, Any],
        *,
        timeout_s: float = WAIT_S,
        on_event: Told | None = None,
        **options: Any,
    ) -> Job:
        """Start a job and see it through."""
        flow = _flow.run(model, input, options, self._tries, timeout_s, on_event is not None)
        return _succeeded(await self._finish(flow, on_event))

    async def wait(self, job: Job | str, *, timeout_s: float = WAIT_S, on_event: Told | None = None) -> Job:
        """Wait for a job's end, and hear of what happens to it."""
        return _succeeded(await self._finish(_watch(job, timeout_s, self._tries), on_event))

    def stream(
        self, model: str, input: Mapping[str, Any], *, silence_s: float = SILENCE_S, **options: Any
    ) -> AsyncStream:
        """Hear what a model says, as it says it; the call is made when the answer is first iterated over."""
        flow = _flow.talk(model, input, options, self._tries, silence_s)
        return AsyncStream(AsyncWire(self._settings, self._http, self._sleep), flow)

    async def events(self, job: Job | str, *, timeout_s: float = WAIT_S) -> AsyncIterator[Event]:
        """Yield what happens to a job until it has ended."""
        flow = _watch(job, timeout_s, self._tries)
        async with AsyncWire(self._settings, self._http, self._sleep) as wire:
            step = advance(flow, None)
            while not isinstance(step, End):
                if isinstance(step, Tell):
                    yield step.event
                step = advance(flow, await wire.take(step))

    async def job(self, job_id: str) -> Job:
        """Look at a job."""
        found: Job = await self._call(Request("GET", f"/v1/jobs/{job_id}"))
        return found

    async def cancel(self, job_id: str) -> Job:
        """Cancel a job, also at its provider where that can be done."""
        found: Job = await self._call(Request("DELETE", f"/v1/jobs/{job_id}"))
        return found

    async def models(self) -> list[dict[str, Any]]:
        """List the models with what each takes and costs."""
        found: list[dict[str, Any]] = (await self._call(Request("GET", "/v1/models")))["data"]
        return found

    async def upload(self, file: str | Path | bytes, content_type: str | None = None) -> str:
        """Send a file; the reference that comes back stands for it in an input for a day."""
        reference: str = await self._finish(_flow.upload(*_read(file, content_type), self._tries))
        return reference

    async def close(self) -> None:
        """Close the connections."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _call(self, request: Request) -> Any:
        return await self._finish(_flow.call(request, self._tries))

    async def _finish(self, flow: Flow, on_event: Told | None = None) -> Any:
        async with AsyncWire(self._settings, self._http, self._sleep) as wire:
            step = advance(flow, None)
            while not isinstance(step, End):
                if isinstance(step, Tell) and on_event:
                    on_event(step.event)
                step = advance(flow, await wire.take(step))
            return step.value


def _settings(base_url: str | None, api_key: str | None) -> Settings:
    at, key = base_url or os.environ.get("SLUICE_BASE_URL"), api_key or os.environ.get("SLUICE_API_KEY")
    if not at or not key:
        raise ValueError("give base_url and api_key, or set SLUICE_BASE_URL and SLUICE_API_KEY")
    return Settings(at, key)


def _watch(job: Job | str, timeout_s: float, tries: int) -> Flow:
    return _flow.watch(job if isinstance(job, str) else job["id"], timeout_s, tries)


def _succeeded(job: Job) -> Job:
    if job["status"] != "succeeded":
        raise JobFailed(job)
    return job


def _read(file: str | Path | bytes, content_type: str | None) -> tuple[bytes, str]:
    named = "" if isinstance(file, bytes) else str(file)
    kind = content_type or mimetypes.guess_type(named)[0]
    if kind is None:
        raise ValueError("content_type: must be given, because the file's name does not tell it")
    return (file if isinstance(file, bytes) else Path(file).read_bytes()), kind

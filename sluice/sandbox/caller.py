"""Calls whoever asked to be told of a job's end, as its provider does: signed, and again where it failed."""

import asyncio
import json
import time
from dataclasses import dataclass, field, replace

import httpx

from sluice.sandbox.fault import Fault
from sluice.sandbox.job import QUEUED_SHARE, Job
from sluice.sandbox.wire import Call, Callback, Dialect

TRIES, PAUSE_S, PATIENCE_S = 3, 1.0, 15.0
# At the end of what is signed where the signature shall be another's.
FORGED = b"forged"
CHALLENGE = {"challenge": "c-1"}


@dataclass(frozen=True, slots=True)
class Made:
    """One call that was made; a status of 0 is no answer."""

    at: float
    provider: str
    provider_job_id: str
    status: int
    forged: bool


@dataclass(slots=True)
class Caller:
    """The calls that were made, and the jobs whose end is waited for."""

    made: list[Made] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def follow(self, dialect: Dialect, call: Call, job: Job, fault: Fault | None) -> None:
        """See to it that the one who started a job hears of its end, if he asked for that."""
        kind = fault.kind if fault else ""
        callback = dialect.callback
        url = callback.url(call) if callback else None
        if callback is None or not isinstance(url, str) or kind == "no_callback":
            return
        task = asyncio.create_task(self._tell(callback, call, job, url, kind))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Call nobody any more."""
        for task in self._tasks:
            task.cancel()

    async def _tell(self, callback: Callback, call: Call, job: Job, url: str, kind: str) -> None:
        if callback.challenge and not await _accepts(url):
            return
        if kind == "forged_callback":
            await self._send(callback, replace(call, now=job.done_at), job, url, forged=True)
        if callback.begins(call):
            await _until(job.start_at + job.render_s * QUEUED_SHARE)
            await self._send(callback, replace(call, now=time.time()), job, url)
        await _until(job.done_at)
        if job.unfinished(time.time()) or job.state(time.time()) == "cancelled":
            return
        for _ in range(2 if kind == "repeated_callback" else 1):
            await self._send(callback, replace(call, now=time.time()), job, url)

    async def _send(
        self, callback: Callback, call: Call, job: Job, url: str, *, forged: bool = False
    ) -> None:
        """Send one message; a forged one has another's signature, or another's address."""
        body = json.dumps(callback.body(call, job)).encode()
        headers = {"content-type": "application/json"}
        if callback.sign:
            headers |= callback.sign(call, job, body + (FORGED if forged else b""))
        elif forged:
            url += "forged"
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
            for tried in range(TRIES):
                await asyncio.sleep(PAUSE_S * tried)
                status = await _post(client, url, body, headers)
                self.made.append(Made(time.time(), call.provider, job.id, status, forged))
                if forged or 200 <= status < 300:
                    return


async def _accepts(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        try:
            answer = await client.post(url, json=CHALLENGE)
            return bool(answer.json() == CHALLENGE)
        except (httpx.HTTPError, ValueError):
            return False


async def _post(client: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        return (await client.post(url, content=body, headers=headers)).status_code
    except httpx.HTTPError:
        return 0


async def _until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.time()))

"""Ask a gateway the same thing many times over kept connections, and tell how long each answer took."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, and how much of it.

    Args:
        least_bytes: an answer that is shorter is none.
    """

    path: str
    body: dict[str, Any]
    least_bytes: int
    calls: int
    connections: int = 1

    @property
    def streamed(self) -> bool:
        """Whether the answer comes in pieces."""
        return bool(self.body.get("stream"))


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of all calls: to the first piece, and to the end."""

    first_ms: list[float]
    end_ms: list[float]

    def at(self, percent: int) -> float:
        """Return a percentile of the time to the end."""
        return _cut(self.end_ms, percent)

    def first_at(self, percent: int) -> float:
        """Return a percentile of the time to the first piece."""
        return _cut(self.first_ms, percent)


def put_on(url: str, headers: dict[str, str], load: Load) -> Times:
    """Make all calls, a share of them on each connection.

    Raises:
        SystemExit: an answer was refused or cut.
    """
    return asyncio.run(_put_on(url, headers, load))


async def _put_on(url: str, headers: dict[str, str], load: Load) -> Times:
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        share = load.calls // load.connections
        shares = await asyncio.gather(*(_one(client, load, share) for _ in range(load.connections)))
    times = [each for share_of in shares for each in share_of]
    return Times([first for first, _ in times], [end for _, end in times])


async def _one(client: httpx.AsyncClient, load: Load, calls: int) -> list[tuple[float, float]]:
    return [await _call(client, load) for _ in range(calls)]


async def _call(client: httpx.AsyncClient, load: Load) -> tuple[float, float]:
    began, first, got = time.perf_counter(), 0.0, 0
    async with client.stream("POST", load.path, json=load.body) as answer:
        last = b""
        async for piece in answer.aiter_raw():
            first = first or time.perf_counter()
            got, last = got + len(piece), piece
        if answer.status_code != 200 or got < load.least_bytes:
            said = f"{answer.status_code} with {got} bytes: {last[:300]!r}"
            raise SystemExit(f"{client.base_url} answered {load.path} by {said}")
    return (first - began) * 1000, (time.perf_counter() - began) * 1000


def _cut(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]

"""Put the same load on the gateways, one after the other in one run, and tell what each adds and costs."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.load import Load, Times, put_on
from bench.peers.own import own
from bench.peers.peer import Peer, litellm, portkey, upstream
from bench.processes import cpu_ms, memory_mb

CHAT = {
    "model": "text",
    "messages": [{"role": "user", "content": "Say what a lighthouse is for."}],
    "max_tokens": 64,
}
IMAGE = {"model": "picture", "prompt": "a lighthouse", "response_format": "b64_json"}
LOADS = {
    "chat": Load("/v1/chat/completions", CHAT, least_bytes=200, calls=400),
    "chat, 8 at once": Load("/v1/chat/completions", CHAT, least_bytes=200, calls=800, connections=8),
    "chat, streamed": Load("/v1/chat/completions", {**CHAT, "stream": True}, least_bytes=2000, calls=300),
    "image of 1 MB": Load("/v1/images/generations", IMAGE, least_bytes=1_000_000, calls=100),
}
WARM_UP = 40
HEADS = (
    *("CPU ms a call", "AWS calls", "their CPU ms", "added p50 ms", "p95 ms", "p99 ms"),
    *("first piece +p50 ms", "memory MB"),
)
PEERS = (own, litellm, portkey)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one gateway did under one load.

    Args:
        cpu_ms: of its processes, a call, without its calls of AWS.
        aws_calls, aws_ms: those, a call; the other gateways write no trace and no ledger.
    """

    peer: str
    load: str
    times: Times
    cpu_ms: float
    aws_calls: float
    aws_ms: float
    memory_mb: float


def compare() -> list[dict[str, Any]]:
    """Measure them all; a row for each gateway and load."""
    with upstream() as direct:
        figures = _measured(direct)
        for starting in PEERS:
            figures += _started(starting(direct.url))
    base = {each.load: each.times for each in figures if each.peer == direct.name}
    return [_row(each, base[each.load]) for each in figures]


def _started(starting: AbstractContextManager[Peer]) -> list[Figure]:
    with starting as peer:
        return _measured(peer)


def _measured(peer: Peer) -> list[Figure]:
    return [
        _figure(peer, name, load)
        for name, load in track(LOADS.items(), description=peer.name, console=Console(stderr=True))
    ]


def _figure(peer: Peer, name: str, load: Load) -> Figure:
    put_on(peer.url, peer.headers, replace(load, calls=max(WARM_UP, load.connections * 2)))
    processes = peer.processes()
    (calls, aws_ms), before_ms = peer.aws(), cpu_ms(processes)
    times = put_on(peer.url, peer.headers, load)
    spent_ms, (calls_after, aws_after_ms) = cpu_ms(processes) - before_ms, peer.aws()
    return Figure(
        peer.name,
        name,
        times,
        (spent_ms - (aws_after_ms - aws_ms)) / load.calls,
        (calls_after - calls) / load.calls,
        (aws_after_ms - aws_ms) / load.calls,
        memory_mb(processes),
    )


def _row(figure: Figure, base: Times) -> dict[str, Any]:
    times = figure.times
    return {
        "gateway": figure.peer,
        "load": figure.load,
        "cpu_ms": round(figure.cpu_ms, 2),
        "aws_calls": round(figure.aws_calls, 1),
        "aws_cpu_ms": round(figure.aws_ms, 2),
        **{f"added_p{cut}_ms": round(times.at(cut) - base.at(cut), 2) for cut in (50, 95, 99)},
        "first_chunk_added_p50_ms": round(times.first_at(50) - base.first_at(50), 2),
        "memory_mb": round(figure.memory_mb),
    }


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """Print them as a table for each load."""
    for load in dict.fromkeys(row["load"] for row in rows):
        table = Table(
            load,
            "CPU ms",
            "AWS calls",
            "their CPU ms",
            "added p50 ms",
            "p95",
            "p99",
            "first piece +p50",
            "memory MB",
        )
        for row in rows:
            if row["load"] == load:
                table.add_row(*(str(value) for name, value in row.items() if name != "load"))
        console.print(table)

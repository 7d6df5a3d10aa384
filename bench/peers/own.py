"""The gateway's own streaming function: workers under the local Runtime API, in front of the same upstream.

AWS answers at once (bench.cloud); what the function's calls of it cost is metered, and told apart.
"""

import json
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.package import PYTHON, package, settings
from bench.peers.peer import FIRST, LAST, LOGS, Peer, told
from bench.processes import ready, running
from sluice.local.port import free_port

METER = LOGS / "meter"
# As bench/meter writes it: calls, and seconds of processor time.
FORM = struct.Struct("=qd")
PROVIDERS = "{version: 1, providers: {openai: {secret: o}}}"
ROUTES = """
version: 1
tiers: {pro: {rpm: 1000000}}
models:
  text: {operations: [chat], targets: [openai/gpt-4o-mini]}
  picture: {operations: [text_to_image], targets: [openai/gpt-image-2]}
"""


@contextmanager
def own(upstream_url: str) -> Iterator[Peer]:
    """Run it; its workers alone are what is measured, not the server that stands for Lambda."""
    for old in LOGS.glob("meter.*"):
        old.unlink()
    log = LOGS / "own.log"
    with told("bench.cloud") as (_, aws), running(_front(upstream_url, aws), log, LAST, {}) as front:
        url = f"http://127.0.0.1:{json.loads(_file().read_text())['port']}"
        start_s = ready(url, log)
        yield Peer("Sluice", url, {"authorization": "Bearer bench"}, lambda: workers(front), start_s, metered)


def workers(front: psutil.Process) -> list[psutil.Process]:
    """Return the function's processes, each moved to the gateways' core."""
    found = front.children(recursive=True)
    for each in found:
        each.cpu_affinity([FIRST])
    return found


def metered() -> tuple[int, float]:
    """Return how many calls of AWS there were, and their milliseconds of processor time."""
    boards = [FORM.unpack(path.read_bytes()) for path in LOGS.glob("meter.*")]
    return sum(calls for calls, _ in boards), sum(spent_s for _, spent_s in boards) * 1000


def _front(upstream_url: str, aws: str) -> list[str]:
    built = package(ROUTES, PROVIDERS, upstream_url)
    variables = settings(aws) | {
        "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/gateway/runtime/start.sh",
        "PYTHONPATH": f"{built}:{Path(__file__).parents[1] / 'meter'}",
        "METER": str(METER),
    }
    said = {"package": str(built), "python": str(PYTHON), "variables": variables, "port": free_port()}
    _file().write_text(json.dumps(said))
    return [sys.executable, "-m", "bench.front", str(_file())]


def _file() -> Path:
    return LOGS / "own.json"

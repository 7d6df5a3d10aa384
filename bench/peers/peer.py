"""LiteLLM's proxy and Portkey's gateway as they are installed, one worker each, before one upstream."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.processes import family, ready, running
from sluice.local.port import free_port

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".sluice/bench"
# What every gateway is asked for, and what that is at the upstream.
MODELS = {"text": "gpt-4o-mini", "picture": "dall-e-3"}
KEY = "sk-bench-0123456789abcdef"
FIRST, LAST = min(psutil.Process().cpu_affinity()), max(psutil.Process().cpu_affinity())


@dataclass(frozen=True, slots=True)
class Peer:
    """A gateway that runs.

    Args:
        headers: that a call of it must have.
        processes: tells those whose time is its own.
        start_s: how long it took until it answered.
        aws: tells how many calls of AWS it has made, and their milliseconds of processor time.
    """

    name: str
    url: str
    headers: dict[str, str]
    processes: Callable[[], list[psutil.Process]]
    start_s: float = 0
    aws: Callable[[], tuple[int, float]] = lambda: (0, 0.0)


@contextmanager
def upstream() -> Iterator[Peer]:
    """Run the provider that all are in front of; called directly, it is what the others are compared to."""
    with told("bench.upstream") as (process, url):
        ready(url, LOGS / "bench.upstream.log")
        yield Peer("called directly", url, {}, lambda: [process])


@contextmanager
def told(module: str) -> Iterator[tuple[psutil.Process, str]]:
    """Run a server of the bench on the harness's core; it writes its address into a file."""
    LOGS.mkdir(parents=True, exist_ok=True)
    file, log = LOGS / f"{module}.url", LOGS / f"{module}.log"
    file.unlink(missing_ok=True)
    with running([sys.executable, "-m", module, str(file)], log, LAST, {}) as process:
        while not file.exists() or not file.read_text():
            if process.poll() is not None:
                raise SystemExit(f"{module} did not start; see {log}")
            time.sleep(0.02)
        yield process, file.read_text()


@contextmanager
def litellm(upstream_url: str) -> Iterator[Peer]:
    """Run LiteLLM's proxy: no database, no callbacks, its own key checked."""
    config, port = LOGS / "litellm.yaml", free_port()
    at = {"api_base": f"{upstream_url}/v1", "api_key": "key"}
    models = [
        {"model_name": name, "litellm_params": {"model": f"openai/{theirs}", **at}}
        for name, theirs in MODELS.items()
    ]
    config.write_text(json.dumps({"model_list": models, "general_settings": {"master_key": KEY}}))
    command = [str(ROOT / ".sluice/peers/bin/litellm"), "--config", str(config), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with running(command, LOGS / "litellm.log", FIRST, offline) as process:
        url = f"http://127.0.0.1:{port}"
        start_s = ready(f"{url}/health/liveliness", LOGS / "litellm.log")
        yield Peer("LiteLLM", url, {"authorization": f"Bearer {KEY}"}, lambda: family(process), start_s)


@contextmanager
def portkey(upstream_url: str) -> Iterator[Peer]:
    """Run Portkey's gateway; it checks no key."""
    port = free_port()
    server = ROOT / "bench/peers/node_modules/@portkey-ai/gateway/build/start-server.js"
    command = ["node", str(server), f"--port={port}", "--headless"]
    target = {"x-portkey-provider": "openai", "x-portkey-custom-host": f"{upstream_url}/v1"}
    headers = {**target, "authorization": "Bearer key"}
    with running(command, LOGS / "portkey.log", FIRST, {}) as process:
        url = f"http://127.0.0.1:{port}"
        start_s = ready(url, LOGS / "portkey.log")
        yield Peer(
            "Portkey", url, {**headers, "authorization": "Bearer key"}, lambda: family(process), start_s
        )

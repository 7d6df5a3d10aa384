"""A sandbox process for the session, and a client that finds it in order."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice.root import PYTHONPATH
from tests import probe

ROOT = Path(__file__).parents[2]
RENDER_SCALE = 0.2


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    Start the sandbox as a process of its own and yield its address.
    """
    port_file = tmp_path_factory.mktemp("sandbox") / "port"
    command = [sys.executable, "-m", "sluice.sandbox", "--port-file", str(port_file)]
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    process = subprocess.Popen([*command, "--render-scale", str(RENDER_SCALE)], cwd=ROOT, env=environment)
    while not port_file.exists():
        assert process.poll() is None
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port_file.read_text()}"
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture(scope="session")
def client(server: str) -> Iterator[httpx.Client]:
    """
    Yield one client for the session, with a key of every provider; making one takes longer than most tests.
    """
    headers = {
        "authorization": "Bearer key",
        "x-goog-api-key": "key",
        "xi-api-key": "key",
        "x-key": "key",
        "api-key": "key",
        "x-api-key": "key",
        "x-runway-version": "2024-11-06",
    }
    with httpx.Client(base_url=server, headers=headers, timeout=10) as client:
        yield client


@pytest.fixture
def sandbox(client: httpx.Client) -> httpx.Client:
    """
    Return the client of a sandbox that remembers nothing.
    """
    client.post("/_sandbox/reset")
    return client


@pytest.fixture
def break_(sandbox: httpx.Client) -> Callable[..., None]:
    """
    Return a function that sets a fault.
    """

    def put(provider: str, kind: str, **fields: Any) -> None:
        assert sandbox.put(f"/_sandbox/faults/{provider}", json={"kind": kind, **fields}).status_code == 200

    return put


@pytest.fixture
def wait_for(sandbox: httpx.Client) -> Callable[..., dict[str, Any]]:
    """
    Return a function that polls a path until its JSON fits.
    """

    def poll(path: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(200):
            answer: dict[str, Any] = sandbox.get(path).json()
            if fits(answer):
                return answer
            time.sleep(0.02)
        raise AssertionError(f"{path} never fitted; last {answer}")

    return poll


@pytest.fixture
def journal(sandbox: httpx.Client) -> Callable[[], list[dict[str, Any]]]:
    """
    Return a function that reads the journal.
    """

    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = sandbox.get("/_sandbox/requests").json()["requests"]
        return found

    return read


@pytest.fixture
def picture_size() -> Callable[[bytes], tuple[int, int]]:
    """
    Return a function that opens a picture and tells its size.
    """
    return probe.picture_size


@pytest.fixture
def clip_facts() -> Callable[[bytes], tuple[int, int, float]]:
    """
    Return a function that opens a clip and tells its width, height and seconds.
    """
    return probe.clip_facts


@pytest.fixture
def sound_seconds() -> Callable[[bytes], float]:
    """
    Return a function that opens a sound and tells its length.
    """
    return probe.sound_seconds

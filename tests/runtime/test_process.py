"""The loop as Lambda starts it: by its script, with the interpreter's command, in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from tests.runtime.lambdas import FakeRuntimeApi, Given, runtime_api

pytestmark = pytest.mark.program

SCRIPT = Path(__file__).parents[2] / "functions/gateway/runtime/start.sh"
FUNCTION = """
import time

def quick(event, context):
    return 200, {}, iter((b"one", b"two"))

def mixed(event, context):
    match event["way"]:
        case "plain":
            return {"statusCode": 200, "headers": {}, "body": "x" * 1000}
        case "early":
            raise ValueError("x" * 1000)
        case "late":
            return 200, {}, late()
    return 200, {}, iter((b"one", b"two", b"three"))

def late():
    yield b"one"
    raise ValueError("x" * 1000)

def streaming(event, context):
    return 200, {}, forever()

def forever():
    try:
        while True:
            yield b"more"
            time.sleep(0.01)
    finally:
        print("settled", flush=True)
"""
# Warm, then measured.
FEW, MANY = 500, 10_000


@contextmanager
def started(api: FakeRuntimeApi, handler: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a function as Lambda does."""
    (folder / "mine.py").write_text(FUNCTION)
    environment = {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "LAMBDA_TASK_ROOT": str(folder),
        "PYTHONPATH": str(SCRIPT.parents[2]),
        "PATH": os.environ["PATH"],
        "_HANDLER": handler,
    }
    command = [SCRIPT, sys.executable, "/var/runtime/bootstrap.py"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_function_that_cannot_be_loaded_says_so_and_ends(tmp_path: Path):
    with runtime_api() as api, started(api, "mine.absent", tmp_path) as process:
        assert process.wait(10) == 1

    (answer,) = api.requests
    assert answer.line == "POST /2018-06-01/runtime/init/error HTTP/1.1"
    assert answer.headers["lambda-runtime-function-error-type"] == "AttributeError"
    assert json.loads(answer.body)["errorMessage"] == "the function could not be loaded; the log says where"


def test_a_sigterm_closes_the_generator_and_ends_without_an_error(tmp_path: Path):
    with runtime_api(Given()) as api, started(api, "mine.streaming", tmp_path) as process:
        wait_for(lambda: any(request.chunks[1:] for request in api.requests))
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
        assert (tmp_path / "log").read_text() == "settled\n"
    assert not api.requests[-1].complete


def test_a_sigterm_ends_a_loop_that_waits(tmp_path: Path):
    with runtime_api(endless=hanging()) as api, started(api, "mine.quick", tmp_path) as process:
        wait_for(lambda: api.connections == 1)
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0


def test_memory_does_not_grow_in_ten_thousand_events(tmp_path: Path):
    ways = [Given(b'{"requestContext": {}, "way": "%b"}' % way) for way in (b"plain", b"early", b"late", b"")]
    events = cycle([*ways, *ways[-1:] * 4, Given(b"no JSON"), replace(ways[-1], hang_up_after=2)])
    with runtime_api(endless=events) as api, started(api, "mine.mixed", tmp_path) as process:
        wait_for(lambda: api.given > FEW)
        before = resident_bytes(process.pid)
        wait_for(lambda: api.given > FEW + MANY)

        assert resident_bytes(process.pid) - before < 256 * 1024
        assert api.faults == []
        assert api.connections > MANY / 10, "some callers left"


def hanging() -> Iterator[Given]:
    """Have no event for a long time."""
    time.sleep(1)
    yield Given()


def wait_for(condition) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def resident_bytes(pid: int) -> int:
    """Return how much memory a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

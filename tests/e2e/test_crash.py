"""Workers die and messages come twice: no job is lost, and no render is paid for twice."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sluice.local import state as states
from sluice.local.stack import Stack
from tests.e2e.conftest import Gateway, calling

pytestmark = pytest.mark.e2e


def test_a_message_delivered_twice_starts_one_render(gateway: Gateway) -> None:
    """The start's message comes once more while the job runs, and once more after it."""
    job = gateway.submit("veo-3.1", duration=4)
    message = json.dumps(
        {"tenant": "default", "job": job["id"], "attempt": 1, "token": "of the first message"}
    )
    wait_for(lambda: gateway.starts() == ["google"])
    send_again(gateway, "google", message)

    ended = gateway.ended(job)
    send_again(gateway, "google", message)
    time.sleep(3)

    assert ended["status"] == "succeeded"
    assert gateway.starts() == ["google"]
    assert gateway.get(f"/v1/jobs/{job['id']}").json() == ended


def test_workers_that_die_while_a_video_renders_lose_nothing(gateway: Gateway) -> None:
    """Every worker process is killed after acceptance; the workflow goes on with fresh ones."""
    job = gateway.submit("veo-3.1", duration=4)
    wait_for(lambda: accepted(gateway, job))
    kill_workers(gateway)

    ended = gateway.ended(job)

    assert ended["status"] == "succeeded", ended["error"]
    assert gateway.starts() == ["google"]


@pytest.fixture(scope="module")
def died(stack: Stack) -> Iterator[tuple[dict[str, dict[str, Any]], list[str]]]:
    """Jobs whose workers died in the middle of a start, by provider, with all billable starts.

    Both have their message come back before they end, which takes most of a minute; so they wait together.
    """
    with calling(stack) as gateway:
        for provider in ("kling", "google"):
            gateway.break_provider(provider, kind="slow", delay_s=4, count=1)
        jobs = {
            "kling": gateway.submit("kling-3.0-pro", duration=5),
            "google": gateway.submit("veo-3.1", duration=4),
        }
        wait_for(lambda: sorted(gateway.starts()) == ["google", "kling"])
        kill_workers(gateway)

        yield {provider: gateway.ended(job) for provider, job in jobs.items()}, gateway.starts()


def test_a_worker_that_dies_in_the_middle_of_a_start_is_made_good_by_asking(died: Any) -> None:
    """Kling got it, the worker died before the answer: Kling's list has the job, which ends well."""
    ended, starts = died[0]["kling"], died[1]

    assert ended["status"] == "succeeded", ended["error"]
    assert starts.count("kling") == 1


def test_a_start_that_nobody_can_ask_about_is_not_paid_for_twice(died: Any) -> None:
    """Google has no list: the job ends and says why, rather than start a second render."""
    ended, starts = died[0]["google"], died[1]

    assert (ended["status"], ended["error"]["code"]) == ("failed", "start_unknown")
    assert sorted(starts) == ["google", "kling"]


def accepted(gateway: Gateway, job: dict[str, Any]) -> bool:
    """Tell whether the answer to the start is stored; before, the provider only knows that it was asked."""
    attempts = gateway.get(f"/v1/jobs/{job['id']}").json()["attempts"]
    return bool(attempts and attempts[0]["provider_job_id"])


def send_again(gateway: Gateway, provider: str, message: str) -> None:
    """Put a message into a pool's queue."""
    url = json.loads(gateway.stack.outputs["QueueUrls"])[provider]
    gateway.stack.cloud.client("sqs").send_message(
        QueueUrl=url, MessageBody=message, MessageGroupId="default"
    )


def kill_workers(gateway: Gateway, function: str = "") -> None:
    """Kill the function processes, as a crash would.

    Args:
        function: a part of the name of the one that dies; all of them, if there is none.
    """
    kill(workers_of(gateway, function))


def workers_of(gateway: Gateway, function: str = "") -> list[int]:
    """List the function processes: the children of the emulator that we started."""
    emulator = states.load(gateway.stack.state).services["emulator"].pid
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # one that ends just now
            fields = path.read_text().rpartition(")")[2].split()
            ours = int(fields[1]) == emulator and _runs(path.parent, function)
            found += [int(path.parent.name)] if ours else []
    return found


def kill(workers: list[int]) -> None:
    """Kill processes for good, and take away what was unpacked for each: the emulator would leave it."""
    for worker in workers:
        with suppress(ProcessLookupError, FileNotFoundError):
            unpacked = Path(f"/proc/{worker}/cwd").readlink().parent
            os.kill(worker, signal.SIGKILL)
            if unpacked.name.startswith("ministack-lambda-"):
                shutil.rmtree(unpacked, ignore_errors=True)


def _runs(process: Path, function: str) -> bool:
    """Tell whether a process is that of a function."""
    environment = (process / "environ").read_bytes().split(b"\0")
    (name,) = [each for each in environment if each.startswith(b"AWS_LAMBDA_FUNCTION_NAME=")] or [b""]
    return function.encode() in name


def wait_for(condition: Any, seconds: float = 30) -> None:
    """Look until something is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)

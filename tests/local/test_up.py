"""`up` refuses what cannot work before it starts anything, and leaves nothing behind when it is ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from sluice.aws import Cloud
from sluice.local import state as states
from sluice.local.port import free_port
from sluice.local.process import start_of
from sluice.local.program import emulator
from sluice.local.service import Services
from sluice.local.stack import Setup, running
from sluice.local.state import State
from tests.cli.tool import neutral, sluice

pytestmark = pytest.mark.program

NEW_MODEL = "  second:\n    operations: [text_to_image]\n    targets: [fal/fal-ai/nano-banana-pro]\n"


@pytest.fixture
def state(files: Path) -> Iterator[Path]:
    """Give a state folder of its own, and end whatever a failed test left there."""
    yield files / "state"
    sluice("down", "--purge", "--state", str(files / "state"))


def test_broken_files_are_told_before_anything_starts(files: Path, state: Path) -> None:
    (files / "routes.yaml").write_text("version: 1\nmodels: {x: {targets: [nobody/x]}}\n")

    shown = _up(files, state)

    assert shown.returncode == 1
    assert "routes.yaml:2:" in shown.stderr
    assert "error: " in shown.stderr.splitlines()[-1]
    assert _of(state) == []


def test_a_port_in_use_is_told_with_its_holder_and_the_way_out(files: Path, state: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

        shown = _up(files, state, port=port)

    assert shown.returncode == 1
    assert f"port {port} is in use" in shown.stderr
    assert f"(pid {os.getpid()})" in shown.stderr
    assert f"make up PORT={port + 1}" in shown.stderr
    assert _of(state) == []


def test_a_live_provider_without_its_key_is_told(files: Path, state: Path) -> None:
    shown = _up(files, state, "--live", "fal")

    assert shown.returncode == 1
    assert "LIVE names 'fal', but FAL_KEY is not set." in shown.stderr
    assert _of(state) == []


def test_a_second_up_at_the_same_time_is_told(files: Path, state: Path) -> None:
    with states.locked(state):
        shown = _up(files, state)

    assert shown.returncode == 1
    assert f"is at work on {state} (pid {os.getpid()})" in shown.stderr


def test_down_is_content_with_nothing(state: Path) -> None:
    shown = sluice("down", "--state", str(state))

    assert (shown.returncode, shown.stdout) == (0, "Nothing was running.\n")


def test_an_emulator_that_does_not_answer_is_told(files: Path, state: Path) -> None:
    shown = _up(files, state, AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}")

    assert shown.returncode == 1
    assert "which does not answer" in shown.stderr
    assert "`unset AWS_ENDPOINT_URL`" in shown.stderr
    assert _of(state) == []


@pytest.mark.e2e
def test_another_emulator_is_used_and_left_running(files: Path, state: Path) -> None:
    """
    The face for tests, on an emulator that somebody else started.
    """
    for name in ("tmp", "home"):
        (files / name).mkdir()
    services, program = Services(files, State()), emulator(files, {})
    services.begin(program)
    try:
        with running(Setup(files, state, endpoint_url=services.wait(program))) as stack:
            answer = httpx.post(
                f"{stack.base_url}/v1/picture",
                json={"prompt": "a fox"},
                headers={"authorization": f"Bearer {stack.api_key}"},
                timeout=60,
                trust_env=False,
            )
            ours = states.load(state).services

        assert ours.keys() == {"sandbox", "edge"}
        assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
        assert states.is_alive(services.state.services["emulator"])
    finally:
        services.stop_begun()


@pytest.mark.e2e
def test_up_serves_takes_an_edit_and_ends_whole(files: Path, state: Path) -> None:
    """
    The whole life of a local stack, with an edit in the middle.
    """
    first = _served(files, state)
    second = _served(files, state)
    resources_before = _resources(second)
    (files / "routes.yaml").write_text((files / "routes.yaml").read_text() + NEW_MODEL)
    third = _served(files, state)
    resources_after = _resources(third)
    models = _get(third, "/v1/models")
    doctor = sluice("doctor", "--local", "--state", str(state), folder=files)
    stopped = sluice("down", "--state", str(state))

    assert first == second == third
    assert {"picture", "second"} <= {model["id"] for model in models["data"]}
    assert resources_before == resources_after
    assert doctor.returncode == 0, doctor.stdout
    assert stopped.stdout == "Stopped: edge, sandbox, emulator.\n"
    assert _of(state) == []


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["data", "logs/ministack.log", "logs/deploy.log", "cdk.out"])
def test_an_ended_up_leaves_no_process(files: Path, state: Path, moment: str, number: signal.Signals) -> None:
    """
    Ctrl-C, a closed terminal and a kill at any moment stop what this run had started.
    """
    up = _begun(files, state)
    while not (state / moment).exists() and up.poll() is None:
        time.sleep(0.01)

    up.send_signal(number)
    _, complaint = up.communicate(timeout=30)

    assert up.returncode == 130, complaint
    assert complaint.splitlines()[-1] == "Interrupted. What this command had started is stopped."
    assert _of(state) == []
    assert states.load(state).services == {}


@pytest.mark.e2e
def test_a_failed_deployment_shows_why_and_leaves_no_process(files: Path, state: Path) -> None:
    shown = _up(files, state, "--stack", "no_such_name!")

    assert shown.returncode == 1
    assert "the deployment to the emulator failed" in shown.stderr
    assert "no_such_name!" in shown.stderr
    assert _of(state) == []


def _up(
    files: Path, state: Path, *words: str, port: int = 0, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return sluice("up", "--state", str(state), "--port", str(port), *words, folder=files, **environment)


def _served(files: Path, state: Path) -> dict[str, str]:
    shown = _up(files, state, "--json")
    assert shown.returncode == 0, shown.stderr
    found: dict[str, str] = json.loads(shown.stdout)
    return found


def _resources(served: dict[str, str]) -> set[str]:
    """Name all that CloudFormation keeps: routes are data, so a new one adds nothing."""
    pages = Cloud(served["AWS_ENDPOINT_URL"]).client("cloudformation").get_paginator("list_stack_resources")
    found = [r for page in pages.paginate(StackName="sluice") for r in page["StackResourceSummaries"]]
    return {f"{resource['ResourceType']} {resource['LogicalResourceId']}" for resource in found}


def _begun(files: Path, state: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "sluice", "up", "--state", str(state), "--port", "0"],
        cwd=files,
        env=neutral(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _get(stack: dict[str, str], path: str) -> dict[str, list[dict[str, str]]]:
    headers = {"authorization": f"Bearer {stack['SLUICE_API_KEY']}"}
    answer = httpx.get(f"{stack['SLUICE_BASE_URL']}{path}", headers=headers, trust_env=False, timeout=30)
    found: dict[str, list[dict[str, str]]] = answer.raise_for_status().json()
    return found


def _of(state: Path) -> list[str]:
    """Find all programs that belong to a state folder: each writes to a log in it, or names it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            output = str((entry / "fd" / "1").readlink())
            command = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if (output.startswith(str(state)) or str(state) in command) and start_of(int(entry.name)):
            found.append(command)
    return found

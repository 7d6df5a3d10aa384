"""A job is watched while it runs: by curl and by an event source, cut off and come back, missing nothing."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sluice.local import state as states
from sluice.local.deploy import upstream_of
from sluice.local.stack import Stack
from tests.e2e.conftest import Gateway, calling
from tests.e2e.cut import cuttable

pytestmark = pytest.mark.e2e

WATCH = Path(__file__).with_name("watch.mjs")
FAILOVER = [
    "job.queued",
    "job.running",
    "attempt.started",
    "attempt.failed",
    "attempt.started",
    "job.delivering",
    "job.succeeded",
]


def test_an_event_source_that_is_cut_off_twice_hears_each_event_once(gateway: Gateway) -> None:
    """First its connection breaks, then the worker dies. It sees one provider fail and the next one start."""
    gateway.break_provider("google", kind="status", status=503)
    gateway.break_provider("fal", kind="status", status=503, on="poll")  # so it is not done too early
    job = gateway.submit("veo-3.1")
    lines: list[dict[str, Any]] = []
    with cuttable(gateway.stack.base_url) as way:
        for line in followed(f"{way.url}/v1/jobs/{job['id']}/events", gateway.stack.api_key):
            lines.append(line)
            if line.get("id") == "2":
                way.cut()
            if "open" in line and sum("open" in each for each in lines) == 2:
                kill_workers(gateway.stack)
                gateway.mend_provider("fal")
    told = [line for line in lines if "name" in line]
    shown = gateway.get(f"/v1/jobs/{job['id']}").json()

    assert [line["name"] for line in told] == FAILOVER
    assert [line["id"] for line in told] == ["1", "2", "3", "4", "5", "6", "7"]
    assert sum("open" in line for line in lines) == 3
    assert lines[-1]["closed"] == 204
    assert told[0]["at"] < seconds(shown["finished_at"])
    assert told[3]["data"]["error"]["class"] in ("capacity", "transient")
    assert without_links(told[-1]["data"]) == without_links(shown)


def test_curl_sees_each_event_as_it_happens(gateway: Gateway) -> None:
    """The provider is done only after curl has shown its start; with the last id curl goes on from there."""
    gateway.break_provider("runway", kind="status", status=503, on="poll")
    job = gateway.submit("runway-gen-4")
    url = f"{gateway.stack.base_url}/v1/jobs/{job['id']}/events"
    curl = ["curl", "-sN", "-H", f"authorization: Bearer {gateway.stack.api_key}", url]
    names, began = [], 0.0
    with subprocess.Popen(curl, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            field, _, name = line.strip().partition(": ")
            if field != "event":
                continue
            names.append(name)
            if name == "attempt.started":
                began = time.time()
                gateway.mend_provider("runway")
    again = subprocess.run([*curl, "-H", "last-event-id: 3"], capture_output=True, text=True).stdout
    shown = gateway.ended(job)

    assert names == ["job.queued", "job.running", "attempt.started", "job.delivering", "job.succeeded"]
    assert seconds(shown["started_at"]) < began < seconds(shown["finished_at"])
    assert re.findall("^event: (.*)$", again, re.M) == ["job.delivering", "job.succeeded"]


def test_the_deployed_api_tells_in_pieces_what_is_known(gateway: Gateway) -> None:
    """Under the function's own role; a client that comes back with the last id gets the rest."""
    job = gateway.submit("runway-gen-4")
    upstream = upstream_of(gateway.stack.endpoint_url, gateway.stack.outputs["ApiUrl"])
    headers = {"authorization": f"Bearer {gateway.stack.api_key}"}
    url, last, names = f"{upstream}/v1/jobs/{job['id']}/events", "", []
    while (answer := gateway.http.get(url, headers={**headers, "last-event-id": last})).status_code == 200:
        names += re.findall("^event: (.*)$", answer.text, re.M)
        last = (re.findall("^id: (.*)$", answer.text, re.M) or [last])[-1]

    assert answer.status_code == 204
    assert names == ["job.queued", "job.running", "attempt.started", "job.delivering", "job.succeeded"]


@pytest.mark.parametrize(
    ("key", "job", "last", "status", "code"),
    [
        ("sk-sluice-nobody", "gw_1", "", 401, "invalid_key"),
        (None, "gw_1", "", 404, "job_not_found"),
        (None, None, "seven", 400, "invalid_header"),
    ],
)
def test_a_refusal_has_our_form_at_the_edge_and_behind_it(
    gateway: Gateway, ended: str, key: str | None, job: str | None, last: str, status: int, code: str
) -> None:
    """Both ways answer alike."""
    behind = upstream_of(gateway.stack.endpoint_url, gateway.stack.outputs["ApiUrl"])
    headers = {"authorization": f"Bearer {key or gateway.stack.api_key}", "last-event-id": last}

    answers = [
        gateway.http.get(f"{base}/v1/jobs/{job or ended}/events", headers=headers)
        for base in (gateway.stack.base_url, behind)
    ]

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [
        (status, code)
    ] * 2


@pytest.fixture(scope="module")
def ended(stack: Stack) -> str:
    """A job that has ended."""
    with calling(stack) as gateway:
        return str(gateway.run("nano-banana-pro")["id"])


def followed(url: str, key: str) -> Iterator[dict[str, Any]]:
    """Run the event source and yield what it tells."""
    with subprocess.Popen(["node", WATCH, url, key], stdout=subprocess.PIPE, text=True) as node:
        assert node.stdout
        for line in node.stdout:
            yield json.loads(line)


def kill_workers(stack: Stack) -> None:
    """Kill the processes in which the edge runs the streaming function."""
    edge = states.load(stack.state).services["edge"].pid
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, parent = stat.parent.name, int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == edge:
            os.kill(int(pid), signal.SIGKILL)


def seconds(text: str) -> float:
    """Read an instant of the API."""
    return datetime.fromisoformat(text).timestamp()


def without_links(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is signed anew each time."""
    outputs = [{**output, "url": None} for output in document["outputs"]]
    return {**document, "outputs": outputs, "output_url": None}

"""The stream function: a job's events, as a stream or in one piece; clear refusals before the first byte."""

import importlib
import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from gateway.flow.settle import settle
from tests.handlers.test_api import call, event


@dataclass
class Context:
    """What a runtime tells: one that streams, or any other, with little time left."""

    streams: bool = True
    left_ms: int = 5500

    def get_remaining_time_in_millis(self) -> int:
        """Return how long until the function is stopped."""
        return self.left_ms


@pytest.fixture
def stream(api: ModuleType) -> ModuleType:
    """The stream function."""
    return importlib.import_module("gateway.handlers.stream")


@pytest.fixture
def job(api: ModuleType) -> dict[str, Any]:
    """A job that waits for its workflow."""
    return call(api, "POST", "/v1/veo-3.1", {"prompt": "x"}, {"prefer": "respond-async"})[1]


def end(api: ModuleType, job: dict[str, Any]) -> None:
    """Let a job fail."""
    settle(api._ports, api._ports.jobs.get("acme", job["id"]))


def watch(stream: ModuleType, job_id: str, last: str = "", **known: str) -> Any:
    """Ask for a job's events."""
    headers = {"Last-Event-ID": last} if last else {}
    return stream.handler(event("GET", f"/v1/jobs/{job_id}/events", None, headers, **known), Context())


def told(text: bytes) -> list[tuple[str, str, Any]]:
    """Read events as a client does: id, name, data."""
    blocks = [block.splitlines() for block in text.decode().split("\n\n") if block.startswith("id:")]
    lines = [{name: value for name, _, value in (line.partition(": ") for line in block)} for block in blocks]
    return [(each["id"], each["event"], json.loads(each["data"])) for each in lines]


def test_a_stream_begins_with_a_hint_and_ends_with_the_whole_job(
    api: ModuleType, stream: ModuleType, job: dict[str, Any]
) -> None:
    """The last event is what GET /v1/jobs/{id} answers."""
    end(api, job)

    status, headers, body = watch(stream, job["id"])
    text = b"".join(body)

    assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (headers["x-sluice-job"], headers["cache-control"]) == (job["id"], "no-store")
    assert text.startswith(b"retry: 2000\n\n")
    assert [each[:2] for each in told(text)] == [("1", "job.queued"), ("2", "job.failed")]
    assert told(text)[-1][2] == call(api, "GET", f"/v1/jobs/{job['id']}")[1]


def test_a_client_that_comes_back_hears_the_rest(
    api: ModuleType, stream: ModuleType, job: dict[str, Any]
) -> None:
    """By header, or by parameter; the header is the younger one."""
    end(api, job)
    asked = event("GET", f"/v1/jobs/{job['id']}/events") | {"queryStringParameters": {"last_event_id": "1"}}

    by_header, by_parameter = watch(stream, job["id"], "1"), stream.handler(asked, Context())
    both = stream.handler(asked | {"headers": {"last-event-id": "2"}}, Context())

    assert [each[0] for each in told(b"".join(by_header[2]))] == ["2"]
    assert [each[0] for each in told(b"".join(by_parameter[2]))] == ["2"]
    assert both["statusCode"] == 204


def test_a_client_that_knows_the_end_is_told_to_stay_away(
    api: ModuleType, stream: ModuleType, job: dict[str, Any]
) -> None:
    """An event source connects again after every end; only a 204 stops it."""
    end(api, job)

    answer = watch(stream, job["id"], "2")

    assert (answer["statusCode"], answer["body"]) == (204, "")


def test_a_runtime_that_does_not_stream_gets_one_piece(stream: ModuleType, job: dict[str, Any]) -> None:
    """It has what is known so far, at once."""
    asked = event("GET", f"/v1/jobs/{job['id']}/events")

    first = stream.handler(asked, Context(streams=False, left_ms=30_000))
    later = stream.handler(asked | {"headers": {"last-event-id": "1"}}, Context(streams=False))

    assert [each[:2] for each in told(first["body"].encode())] == [("1", "job.queued")]
    assert (later["statusCode"], told(later["body"].encode())) == (200, [])
    assert later["body"].startswith("retry: ")


REFUSED = {
    "an unknown job": ("gw_unknown", "", {}, 404, "job_not_found"),
    "another tenant": ("", "", {"tenant": "other"}, 404, "job_not_found"),
    "no scope": ("", "", {"scopes": "submit"}, 403, "not_allowed"),
    "a garbled id": ("", "seven", {}, 400, "invalid_header"),
    "an id that is to come": ("", "7", {}, 400, "invalid_header"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_watched_is_refused_in_our_form(
    stream: ModuleType, job: dict[str, Any], case: str
) -> None:
    """No stream begins; also where the runtime would take one."""
    job_id, last, known, status, code = REFUSED[case]

    answer = watch(stream, job_id or job["id"], last, **known)

    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (status, code)
    assert answer["headers"]["x-sluice-plan"].startswith("sha256:")


def test_a_path_that_is_not_streamed_is_a_404(stream: ModuleType) -> None:
    """The API never sends one here."""
    assert stream.handler(event("GET", "/v1/models"), Context())["statusCode"] == 404

"""The native client in Python, against a gateway that answers from a script."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain import webhook
from sluice_client import (
    AsyncSluice,
    JobFailed,
    Sluice,
    SluiceError,
    Unreachable,
    WaitTimedOut,
    WebhookInvalid,
    verify_webhook,
)
from tests.native.server import CUT, Said, Scripted, scripted

SSE = {"content-type": "text/event-stream"}
BUSY = Said(429, {"error": {"code": "rate_limited", "message": "slow"}}, {"retry-after": "7"})


def a_job(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    """Write a job."""
    return {"id": "gw_1", "status": status, "progress": None, "error": None, **more}


def event(id: int, name: str, data: Any) -> str:
    """Write an event."""
    return f"id: {id}\nevent: {name}\ndata: {json.dumps(data)}\n\n"


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A gateway without a script yet."""
    with scripted() as server:
        yield server


@pytest.fixture
def pauses() -> list[float]:
    """What the client has waited, in seconds."""
    return []


@pytest.fixture
def sluice(server: Scripted, pauses: list[float]) -> Iterator[Sluice]:
    """A client of it, for which time does not pass."""
    with Sluice(server.url, "sk-sluice-x", tries=3, sleep=pauses.append) as sluice:
        yield sluice


def test_a_start_that_is_sent_again_has_the_same_key(
    server: Scripted, sluice: Sluice, pauses: list[float]
) -> None:
    """
    Whether the gateway was busy, which says how long to wait, or did not answer.
    """
    server.script = {"POST /v1/jobs": [BUSY, CUT, Said(202, a_job("queued"))]}

    job = sluice.submit("veo-3.1", {"prompt": "x"}, fallback=["kling-3.0-pro"])

    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert (job["id"], len(server.asked), len(keys)) == ("gw_1", 3, 1)
    assert pauses[0] == 7
    assert 0.5 <= pauses[1] <= 1
    assert json.loads(server.asked[0].body) == {
        "model": "veo-3.1",
        "input": {"prompt": "x"},
        "fallback": ["kling-3.0-pro"],
    }


def test_two_starts_have_two_keys_and_a_callers_own_is_kept(server: Scripted, sluice: Sluice) -> None:
    """
    The caller's own makes a start repeatable across processes.
    """
    server.script = {"POST /v1/jobs": [Said(202, a_job("queued"))]}

    for key in (None, None, "order 7"):
        sluice.submit("veo-3.1", {}, idempotency_key=key)

    keys = [asked.headers["idempotency-key"] for asked in server.asked]
    assert (len(set(keys)), keys[2]) == (3, "order 7")


def test_a_mistake_is_not_sent_again(server: Scripted, sluice: Sluice) -> None:
    """
    The error has what the gateway said.
    """
    wrong = {
        "code": "unknown_parameter",
        "message": "lenght: is none.",
        "param": "lenght",
        "retryable": False,
    }
    server.script = {"POST /v1/jobs": [Said(400, {"error": wrong})]}

    with pytest.raises(SluiceError, match=r"^lenght: is none\.$") as caught:
        sluice.submit("veo-3.1", {"lenght": 3})

    error = caught.value
    assert (error.status, error.code, error.param) == (400, "unknown_parameter", "lenght")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (BUSY, SluiceError, "rate_limited"),
        (Said(502, "<html>"), SluiceError, "http_502"),
        (CUT, Unreachable, "unreachable"),
    ],
)
def test_trouble_that_stays_is_told_after_the_last_try(
    server: Scripted, sluice: Sluice, answer: Said | None, kind: type[SluiceError], code: str
) -> None:
    """
    As often as the client was told to try.
    """
    server.script = {"GET /v1/jobs/gw_1": [answer]}

    with pytest.raises(kind) as caught:
        sluice.job("gw_1")

    assert (caught.value.code, len(server.asked)) == (code, 3)


def test_a_pause_that_nobody_waits_for_is_not_waited_for(server: Scripted, sluice: Sluice) -> None:
    """
    An hour away is an error now.
    """
    server.script = {"GET /v1/jobs/gw_1": [Said(429, {"error": {"code": "c"}}, {"retry-after": "3600"})]}

    with pytest.raises(SluiceError):
        sluice.job("gw_1")

    assert len(server.asked) == 1


def test_a_connection_that_breaks_goes_on_where_it_broke(server: Scripted, sluice: Sluice) -> None:
    """
    No event comes twice, none is lost.
    """
    first = "retry: 0\n\n" + event(1, "job.queued", {}) + event(2, "job.running", {}) + "id: 3\neve"
    rest = event(3, "job.delivering", {}) + event(4, "job.succeeded", a_job())
    server.script = {"GET /v1/jobs/gw_1/events": [Said(200, first, SSE, cut=True), Said(200, rest, SSE)]}
    heard: list[str] = []

    job = sluice.wait("gw_1", on_event=lambda event: heard.append(event["name"]))

    assert job["status"] == "succeeded"
    assert heard == ["job.queued", "job.running", "job.delivering", "job.succeeded"]
    assert [asked.headers.get("last-event-id") for asked in server.asked] == [None, "2"]


@pytest.mark.parametrize("events", [CUT, Said(200, "<html>", {"content-type": "text/html"}), Said(204, "")])
def test_where_events_do_not_come_the_job_is_looked_at(
    server: Scripted, sluice: Sluice, events: Said | None
) -> None:
    """
    A proxy that holds streams back does not keep a caller from the result.
    """
    server.script = {
        "GET /v1/jobs/gw_1/events": [events],
        "GET /v1/jobs/gw_1": [Said(200, a_job("running")), Said(200, a_job())],
    }

    told = list(sluice.events("gw_1"))

    assert [event["name"] for event in told] == ["job.running", "job.succeeded"]


def test_what_is_quick_comes_in_one_call_and_what_is_heard_is_watched(
    server: Scripted, sluice: Sluice
) -> None:
    """
    The gateway waits no longer than the caller does.
    """
    server.script = {
        "POST /v1/jobs": [Said(200, a_job()), Said(202, a_job("queued")), Said(202, a_job("queued"))],
        "GET /v1/jobs/gw_1/events": [Said(200, event(1, "job.succeeded", a_job()), SSE)],
    }
    heard: list[Any] = []

    sluice.run("veo-3.1", {}, timeout_s=9.5)
    sluice.run("veo-3.1", {})
    sluice.run("veo-3.1", {}, on_event=heard.append)

    assert [asked.headers.get("prefer", asked.call) for asked in server.asked] == [
        "wait=9",
        "wait=25",
        "GET /v1/jobs/gw_1/events",
        "respond-async",
        "GET /v1/jobs/gw_1/events",
    ]


def test_a_job_that_failed_is_an_error_with_the_job(server: Scripted, sluice: Sluice) -> None:
    """
    To who waits for a result; who watches only hears of it.
    """
    failed = a_job("failed", error={"code": "moderation", "message": "no", "retryable": False})
    server.script = {"GET /v1/jobs/gw_1/events": [Said(200, event(1, "job.failed", failed), SSE)]}

    with pytest.raises(JobFailed, match=r"^gw_1 failed: no$") as caught:
        sluice.wait("gw_1")

    assert (caught.value.code, caught.value.job) == ("moderation", failed)
    assert [event["name"] for event in sluice.events("gw_1")] == ["job.failed"]


def test_a_wait_ends_when_its_time_is_over(server: Scripted, sluice: Sluice) -> None:
    """
    The error names the job, which goes on.
    """
    server.script = {
        "GET /v1/jobs/gw_1/events": [Said(404, "no")],
        "GET /v1/jobs/gw_1": [Said(200, a_job("running"))],
    }

    with pytest.raises(WaitTimedOut) as caught:
        sluice.wait("gw_1", timeout_s=0.2)

    assert caught.value.job_id == "gw_1"


def test_an_upload_sends_the_form_without_the_key(server: Scripted, sluice: Sluice) -> None:
    """
    The bucket gets the fields, then the file; a bucket that is busy is asked again.
    """
    form = {"method": "POST", "url": f"{server.url}/bucket", "fields": {"policy": "p"}}
    server.script = {
        "POST /v1/uploads": [Said(201, {"reference": "upl_1", "upload": form})],
        "POST /bucket": [Said(503, ""), Said(204, "")],
    }

    reference = sluice.upload(b"\x89PNG", "image/png")

    sent = server.asked[-1]
    assert (reference, server.calls().count("POST /bucket")) == ("upl_1", 2)
    assert json.loads(server.asked[0].body) == {"content_type": "image/png", "bytes": 4}
    assert "authorization" not in sent.headers
    assert sent.body.index(b'name="policy"') < sent.body.index(b'name="file"') < sent.body.index(b"\x89PNG")


def test_the_client_that_is_awaited_does_the_same(server: Scripted) -> None:
    """
    Retries, events and their end.
    """
    server.script = {
        "POST /v1/jobs": [BUSY, Said(202, a_job("queued"))],
        "GET /v1/jobs/gw_1/events": [CUT, Said(200, event(1, "job.succeeded", a_job()), SSE)],
    }

    async def sleep(seconds: float) -> None:
        return

    async def run() -> tuple[str, list[str]]:
        async with AsyncSluice(server.url, "sk-sluice-x", sleep=sleep) as sluice:
            job = await sluice.run("veo-3.1", {"prompt": "x"})
            return job["status"], [event["name"] async for event in sluice.events(job)]

    assert asyncio.run(run()) == ("succeeded", ["job.succeeded"])


def test_who_gives_no_address_or_key_is_told_so() -> None:
    """
    Before anything is sent.
    """
    with pytest.raises(ValueError, match="SLUICE_BASE_URL and SLUICE_API_KEY"):
        Sluice("", "")


BODY = b'{"type": "job.succeeded"}'
SECRETS = (b"a" * 32, b"b" * 32)


def test_a_message_is_good_under_either_secret_while_they_are_rotated() -> None:
    """
    What the gateway signs, the client believes.
    """
    headers = webhook.headers("msg", 1_000, BODY, *SECRETS)

    for secret in SECRETS:
        assert verify_webhook(BODY, headers, webhook.shown(secret), now=1_010) == {"type": "job.succeeded"}


@pytest.mark.parametrize(
    ("body", "now", "secret", "words"),
    [
        (BODY + b" ", 1_000, b"a", "no signature"),
        (BODY, 1_000, b"c", "no signature"),
        (BODY, 1_301, b"a", "signed more than 300 s away"),
        (BODY, 699, b"a", "signed more than 300 s away"),
    ],
)
def test_a_message_that_is_changed_strange_or_old_is_not_believed(
    body: bytes, now: float, secret: bytes, words: str
) -> None:
    """
    Also one from the future.
    """
    headers = webhook.headers("msg", 1_000, BODY, *SECRETS)

    with pytest.raises(WebhookInvalid, match=words):
        verify_webhook(body, headers, webhook.shown(secret * 32), now=now)


def test_a_message_without_a_signature_is_not_believed() -> None:
    """
    As anybody may send it.
    """
    with pytest.raises(WebhookInvalid, match="missing"):
        verify_webhook(BODY, {}, webhook.shown(SECRETS[0]))

"""Providers that call when they are done: who is asked to, who is believed, and what a call changes."""

import base64
import hmac
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.domain.job import Job
from gateway.domain.outcome import Failure
from gateway.errors import Forbidden, NotFound, OurError
from gateway.flow import attempt, callback, chain
from gateway.flow.callback import LATE_S, Message
from gateway.flow.ports import Ports
from tests.builders import answer, catalog_plan, make_job, make_ports
from tests.fakes.wire import Answer
from tests.flow import steps
from tests.flow.steps import latest

REPLICATE, KLING, FAL = "replicate/minimax/video-01", "kling/kling-v3", "fal/fal-ai/veo3.1"
MINIMAX, VEO = "minimax/MiniMax-Hailuo-2.3", "google/veo-3.1-generate-001"
GET = "https://api.replicate.com/v1/predictions/p1"
STARTED = answer({"id": "p1", "status": "starting", "urls": {"get": GET, "cancel": f"{GET}/cancel"}})
RUNNING, DONE = (
    answer({"id": "p1", "status": "processing"}),
    answer({"id": "p1", "status": "succeeded", "output": "https://replicate.delivery/o.mp4"}),
)
SECRET = answer({"key": "whsec_" + base64.b64encode(b"s" * 24).decode()})
SCRIPT: dict[str, list[Answer]] = {
    "POST api.replicate.com": [STARTED],
    "GET webhooks/default/secret": [SECRET],
    "GET predictions/p1": [RUNNING],
    "POST klingai": [steps.KLING_ACCEPTED],
    "POST queue.fal.run": [steps.FAL_ACCEPTED],
    "POST minimax.io": [answer({"task_id": "m1", "base_resp": {"status_code": 0}})],
    "POST :predictLongRunning": [steps.VEO_ACCEPTED],
}


def ports_with(**script: list[Answer]) -> Ports:
    """Make ports with the whole catalogue."""
    return make_ports({**SCRIPT, **script}, catalog_plan())


def begun(
    ports: Ports, model: str = REPLICATE, base_url: str = "https://gw.example.com", **body: Any
) -> tuple[Job, attempt.Outcome]:
    """Start a job's first attempt; return it, and what the workflow was told."""
    job = ports.jobs.save(replace(make_job(ports, model, **body), base_url=base_url))
    job = chain.advance(ports, job).job
    outcome = attempt.start(ports, job, 1)
    return latest(ports, job), outcome


def sent(ports: Ports) -> dict[str, Any]:
    """Return the body of the start."""
    (start,) = (each for each in ports.wire.sent if each.method == "POST")  # type: ignore[attr-defined]
    found: dict[str, Any] = json.loads(start.body or b"")
    return found


def token(url: str) -> str:
    """Return the end of an address."""
    return url.partition("/v1/callbacks/")[2]


def signed(ports: Ports, document: Any, key: bytes = b"s" * 24) -> Message:
    """Sign a message after Standard Webhooks."""
    body, at = json.dumps(document).encode(), str(int(ports.now()))
    proof = base64.b64encode(hmac.digest(key, f"msg_1.{at}.".encode() + body, "sha256")).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": f"v1,{proof}"}
    return Message(headers, body)


def test_a_start_says_where_to_call_and_the_workflow_listens() -> None:
    """An address at the host that the caller came by, and a pause that is half as long again as usual."""
    ports = ports_with()

    job, outcome = begun(ports)

    assert sent(ports)["webhook"].startswith("https://gw.example.com/v1/callbacks/")
    assert sent(ports)["webhook_events_filter"] == ["completed"]
    assert outcome.payload() == {"outcome": "listen", "after_s": 270}
    assert job.attempt.listens


def test_an_address_goes_into_the_query_where_the_provider_reads_it_there() -> None:
    """As fal does; the body is as ever."""
    ports = ports_with()

    begun(ports, FAL)

    (start,) = (each for each in ports.wire.sent if each.method == "POST")  # type: ignore[attr-defined]
    (address,) = parse_qs(urlsplit(start.url).query)["fal_webhook"]
    assert address.startswith("https://gw.example.com/v1/callbacks/")


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (VEO, {}),
        (REPLICATE, {"base_url": "http://localhost:8787"}),
        (REPLICATE, {"base_url": ""}),
        (REPLICATE, {"byok": {"replicate": "own"}}),
    ],
    ids=["no callbacks", "a laptop", "no address", "an account whose secret is not ours"],
)
def test_who_cannot_call_is_polled(model: str, changes: dict[str, Any]) -> None:
    """Nothing is asked for, and the first look comes shortly before the usual end."""
    ports = ports_with()

    job, outcome = begun(ports, model, **changes)

    assert "webhook" not in sent(ports)
    assert outcome.payload()["outcome"] == "pending"
    assert not job.attempt.listens


def test_a_call_wakes_who_waits_and_says_nothing_of_the_result() -> None:
    """Only the look that follows tells what came of it: here the call lies, and is not believed."""
    ports = ports_with()
    job, _ = begun(ports)
    ports.callbacks.waiting[f"{job.id}-1"] = "task-1"  # type: ignore[attr-defined]
    lie = {"id": "p1", "status": "succeeded", "output": "https://evil.example.com/x.mp4"}

    told = callback.hear(ports, token(sent(ports)["webhook"]), signed(ports, lie))
    after = attempt.check(ports, job, 1, called=True)

    assert told == {"received": True}
    assert ports.tokens.answered == {"task-1": {"called": True}}  # type: ignore[attr-defined]
    assert (after.word, latest(ports, job).status) == ("pending", "running")


def test_who_called_too_early_is_polled_from_then_on() -> None:
    """A provider calls once: after that, looks come as they come without calls."""
    ports = ports_with()
    job, _ = begun(ports)

    after = attempt.check(ports, job, 1, called=True)
    later = attempt.check(ports, latest(ports, job), 1)

    assert after.payload() == later.payload() | {"after_s": 27}
    assert after.payload()["outcome"] == "pending"


def test_who_does_not_call_is_looked_at_now_and_then() -> None:
    """Half the usual time lies between the looks that follow the first."""
    ports = ports_with()
    job, _ = begun(ports)

    after = attempt.check(ports, job, 1)

    assert after.payload() == {"outcome": "listen", "after_s": 90}


def test_a_call_before_anybody_waits_is_kept() -> None:
    """A quick provider calls before its start is stored; whoever comes to wait finds the mark."""
    ports = ports_with()
    job, _ = begun(ports)

    callback.hear(ports, token(sent(ports)["webhook"]), signed(ports, {"status": "succeeded"}))

    assert ports.callbacks.heard == {f"{job.id}-1"}  # type: ignore[attr-defined]
    assert ports.tokens.answered == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["another key", "no signature", "another body"])
def test_a_forged_call_changes_nothing(kind: str) -> None:
    """It is refused, and nobody wakes."""
    ports = ports_with()
    job, _ = begun(ports)
    ports.callbacks.waiting[f"{job.id}-1"] = "task-1"  # type: ignore[attr-defined]
    genuine = signed(ports, {"status": "succeeded"})
    forged = {
        "another key": signed(ports, {"status": "succeeded"}, b"x" * 24),
        "no signature": Message({}, genuine.body),
        "another body": Message(genuine.headers, b'{"status":"failed"}'),
    }[kind]

    with pytest.raises(Forbidden, match=r"^this callback is not signed by its provider\.$"):
        callback.hear(ports, token(sent(ports)["webhook"]), forged)

    assert ports.callbacks.heard == set()  # type: ignore[attr-defined]
    assert ports.tokens.answered == {}  # type: ignore[attr-defined]


def test_an_address_that_nobody_was_given_asks_nobody_anything() -> None:
    """Neither the provider for its keys, nor the table."""
    ports = ports_with()
    begun(ports)
    before = len(ports.wire.sent)  # type: ignore[attr-defined]

    with pytest.raises(NotFound, match="its address is not ours"):
        callback.hear(ports, token(sent(ports)["webhook"])[:-1] + "0", signed(ports, {}))

    assert len(ports.wire.sent) == before  # type: ignore[attr-defined]


def test_an_address_ends_an_hour_after_its_job() -> None:
    """A late result is delivered, and then nobody is waited for any more."""
    ports = ports_with()
    job, _ = begun(ports)
    ports.sleep(job.deadline_at + LATE_S - ports.now())

    with pytest.raises(NotFound, match="too old"):
        callback.hear(ports, token(sent(ports)["webhook"]), signed(ports, {}))


def test_a_provider_that_tells_of_every_change_is_heard_at_the_end() -> None:
    """What is not the end wakes nobody, and costs no look."""
    ports = ports_with()
    job, _ = begun(ports, KLING)
    address = token(sent(ports)["callback_url"])

    callback.hear(ports, address, Message({}, b'{"task_status": "processing"}'))
    quiet = set(ports.callbacks.heard)  # type: ignore[attr-defined]
    callback.hear(ports, address, Message({}, b'{"task_status": "succeed"}'))

    assert (quiet, ports.callbacks.heard) == (set(), {f"{job.id}-1"})  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 50_000, b'"x"', b"\xff", b'{"task_status": {}}'])
def test_a_body_that_says_nothing_wakes_nobody(body: bytes) -> None:
    """Whatever it is, it is no word that ends."""
    ports = ports_with()
    begun(ports, KLING)

    callback.hear(ports, token(sent(ports)["callback_url"]), Message({}, body))

    assert ports.callbacks.heard == set()  # type: ignore[attr-defined]


def test_a_provider_that_tries_the_address_hears_its_word_again() -> None:
    """And nobody is woken by that."""
    ports = ports_with()
    begun(ports, MINIMAX)

    told = callback.hear(ports, token(sent(ports)["callback_url"]), Message({}, b'{"challenge": "c-7"}'))

    assert told == {"challenge": "c-7"}
    assert ports.callbacks.heard == set()  # type: ignore[attr-defined]


def test_without_the_providers_keys_a_call_is_to_come_again() -> None:
    """We cannot tell whether it is genuine; the slow poll goes on meanwhile."""
    ports = ports_with(**{"GET webhooks/default/secret": [Failure("transient", "connection", "no")]})
    begun(ports)

    with pytest.raises(OurError, match="replicate signs with cannot be read now") as caught:
        callback.hear(ports, token(sent(ports)["webhook"]), signed(ports, {"status": "succeeded"}))

    assert (caught.value.status, caught.value.retryable) == (500, True)

"""Receivers in good and bad moods, in virtual time: each gets exactly the schedule, and can check it."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Reference
from standardwebhooks.webhooks import WebhookVerificationError

from gateway.domain import webhook as words
from gateway.domain.address import Posted
from gateway.domain.job import Job
from gateway.domain.receiver import Delivery, delivery_id
from gateway.flow import notify, webhooks
from gateway.flow.ports import Ports
from tests.builders import make_ports
from tests.flow.test_tell import HOOK, ended_job, webhook

MINUTE, HOUR = 60, 3600
# As the specification lists them: immediately, and then after each failed try.
SCHEDULE = [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
ROOT = b"the deployment's own secret"
SLOW = Posted(0, None, "timeout")


def told(answers: list[Posted], to: str = "url", *, chance: int = 0) -> tuple[Ports, Job, Delivery]:
    """End a job and deliver its webhook as the machine does: a try, a wait until, the next try."""
    ports = replace(make_ports({}), random=lambda count: bytes([chance]) * count)
    webhook(ports)
    job = ended_job(ports, webhook_url=HOOK)
    ports.egress.answers[:] = answers  # type: ignore[attr-defined]
    return ports, job, carry_out(ports, job, to)


def carry_out(ports: Ports, job: Job, to: str) -> Delivery:
    """Do what the machine does."""
    while True:
        delivery = notify.attempt(ports, job, to, delivery_id(job.id, to), lambda: ROOT)
        if delivery.next_at is None:
            return delivery
        ports.sleep(delivery.next_at - ports.now())


def pauses(delivery: Delivery) -> list[float]:
    """Return the time before each try, the first one from the delivery's beginning."""
    at = [delivery.created_at, *(one.at for one in delivery.tries)]
    return [after - before for before, after in pairwise(at)]


@pytest.mark.parametrize(
    "answer",
    [Posted(500), Posted(301), Posted(404), SLOW, Posted(0, None, "connection"), Posted(429), Posted(503)],
)
def test_a_receiver_that_is_down_slow_redirecting_or_busy_gets_the_whole_schedule(answer: Posted) -> None:
    """Ten tries over 75 hours, and then the delivery has failed."""
    _, _, delivery = told([answer])

    assert pauses(delivery) == pytest.approx(SCHEDULE)
    assert (delivery.status, len(delivery.tries)) == ("failed", 10)
    assert 75 * HOUR < delivery.tries[-1].at - delivery.created_at < 76 * HOUR
    assert {(one.status, one.problem) for one in delivery.tries} == {(answer.status, answer.problem)}


@pytest.mark.parametrize("failures", range(10))
def test_a_receiver_that_comes_back_is_told_and_left_alone(failures: int) -> None:
    """At any of the ten tries."""
    ports, _, delivery = told([*[Posted(500)] * failures, Posted(204)])

    assert pauses(delivery) == pytest.approx(SCHEDULE[: failures + 1])
    assert (delivery.status, len(ports.egress.posted)) == ("delivered", failures + 1)  # type: ignore[attr-defined]


def test_chance_adds_at_most_a_tenth_to_each_pause() -> None:
    """What failed together does not come back together, and never early."""
    _, _, delivery = told([Posted(500)], chance=255)

    assert pauses(delivery) == pytest.approx([1.1 * pause for pause in SCHEDULE], rel=1e-6)


@pytest.mark.parametrize(
    ("answer", "pause_s"),
    [
        (Posted(429, 90), 90),
        (Posted(503, 90), 90),
        (Posted(429, 1), 5),
        (Posted(429, 10**9), 24 * HOUR),
        (Posted(500, 90), 5),
    ],
)
def test_a_receiver_that_throttles_says_when_to_come_back(answer: Posted, pause_s: float) -> None:
    """Not earlier than the schedule, not later than a day, and not with another status."""
    _, _, delivery = told([answer, Posted(200)])

    assert pauses(delivery) == pytest.approx([0, pause_s])


def test_a_receiver_that_is_gone_is_told_nothing_more() -> None:
    """A registered webhook is turned off, and says why; on again, it is told of the next job."""
    ports, job, delivery = told([Posted(410), Posted(200)], "wh_1")
    off = webhooks.find(ports, "acme", "wh_1")
    webhooks.change(ports, "acme", "wh_1", {"enabled": True}, ())
    after = carry_out(ports, replace(job, id="gw_next"), "wh_1")

    assert (delivery.status, len(delivery.tries)) == ("failed", 1)
    assert off.disabled_why == "its receiver answered 410 Gone"
    assert after.status == "delivered"


def test_a_url_of_a_request_that_is_gone_just_ends() -> None:
    """There is nothing to turn off."""
    ports, _, delivery = told([Posted(410)])

    assert (delivery.status, len(delivery.tries)) == ("failed", 1)
    assert webhooks.find(ports, "acme", "wh_1").disabled_at is None


@pytest.mark.parametrize(
    "end",
    [
        lambda ports: ports.webhooks.delete("acme", "wh_1"),
        lambda ports: webhooks.change(ports, "acme", "wh_1", {"enabled": False}, ()),
    ],
)
def test_a_webhook_that_is_deleted_or_turned_off_meanwhile_is_not_called(end: Callable[[Ports], Any]) -> None:
    """Its delivery is dropped at the next try."""
    ports = make_ports({})
    webhook(ports)
    job = ended_job(ports)
    ports.egress.answers[:] = [Posted(500)]  # type: ignore[attr-defined]
    name = delivery_id(job.id, "wh_1")
    notify.attempt(ports, job, "wh_1", name, lambda: ROOT)

    end(ports)
    after = notify.attempt(ports, job, "wh_1", name, lambda: ROOT)

    assert (after.status, after.next_at, len(ports.egress.posted)) == ("dropped", None, 1)  # type: ignore[attr-defined]


def test_a_delivery_that_is_over_is_not_sent_again() -> None:
    """The machine may ask once more after a crash."""
    ports, job, delivery = told([Posted(200)])

    assert notify.attempt(ports, job, "url", delivery.id, lambda: ROOT) == delivery
    assert len(ports.egress.posted) == 1  # type: ignore[attr-defined]


def sent(ports: Ports) -> list[tuple[dict[str, str], bytes]]:
    """Return the headers and the body of each message."""
    return [(headers, body) for _, headers, body in ports.egress.posted]  # type: ignore[attr-defined]


def verifies(secret: bytes, message: tuple[dict[str, str], bytes], now: float) -> bool:
    """Ask the reference library, with its clock at the time of the message."""
    headers, body = message
    signed_at = int(headers["webhook-timestamp"])
    assert abs(signed_at - now) < 1
    return signs(words.shown(secret), headers, body)


def signs(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Compare with the reference library's own signature, whose clock nobody can set."""
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    expected = Reference(secret).sign(headers["webhook-id"], at, body.decode())
    return expected in headers["webhook-signature"].split()


def test_each_try_is_the_same_message_signed_for_its_own_time() -> None:
    """So that a receiver can tell a repetition, and refuse an old one."""
    ports, job, delivery = told([Posted(500), Posted(500), Posted(200)])
    secret = words.secret_of(job.key_id, ROOT)

    messages = sent(ports)

    assert {headers["webhook-id"] for headers, _ in messages} == {f"msg_{job.id}"}
    assert len({body for _, body in messages}) == 1
    assert all(verifies(secret, each, one.at) for each, one in zip(messages, delivery.tries, strict=True))
    document = json.loads(messages[0][1])
    assert (document["type"], document["id"], document["data"]["status"]) == ("job.failed", job.id, "failed")


def test_the_reference_library_takes_a_message_and_refuses_a_changed_one() -> None:
    """With the real clock, as a receiver calls it."""
    import time

    ports = replace(make_ports({}), now=time.time)
    job = ended_job(ports, webhook_url=HOOK)
    notify.attempt(ports, job, "url", "d", lambda: ROOT)
    ((headers, body),) = sent(ports)
    reference = Reference(words.shown(words.secret_of(job.key_id, ROOT)))

    assert reference.verify(body.decode(), headers)["id"] == job.id
    with pytest.raises(WebhookVerificationError):
        reference.verify(body.decode() + " ", headers)


@pytest.mark.parametrize("to", ["url", "wh_1"])
def test_two_secrets_sign_for_a_day_after_a_rotation(to: str) -> None:
    """A receiver that knows either of them can check; after the day only the new one counts."""
    ports = make_ports({})
    webhook(ports)
    job = ended_job(ports, webhook_url=HOOK)
    name = job.key_id if to == "url" else "acme/wh_1"
    old, new = words.secret_of(name, ROOT), words.secret_of(name, ROOT, 2)

    if to == "url":
        webhooks.rotate_key(ports, "acme", job.key_id)
    else:
        webhooks.rotate(ports, "acme", to)
    found = []
    for pause_s in (0, 23 * HOUR, HOUR):
        ports.sleep(pause_s)
        notify.attempt(ports, job, to, f"d{pause_s}", lambda: ROOT)
        headers, body = sent(ports)[-1]
        found.append([signs(words.shown(secret), headers, body) for secret in (old, new)])

    assert found == [[True, True], [True, True], [False, True]]

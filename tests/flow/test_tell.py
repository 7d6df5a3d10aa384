"""Everybody is told how a job ended, whoever ended it and whoever died over it, and nobody twice."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import Job
from gateway.domain.receiver import Webhook
from gateway.errors import Clash, NotFound
from gateway.flow import accept, cancel, sweep, tell
from gateway.flow.ports import Ports
from gateway.flow.settle import settle
from tests.builders import hurried, make_job, make_ports, shipped_plan
from tests.flow import steps
from tests.flow.steps import latest, run_workflow
from tests.flow.test_accept import fal_image
from tests.flow.test_sweep import Died, Life, Mortal

HOOK = "https://app.example.com/hook"
PICTURE = {"POST gemini-3-pro-image": [steps.gemini_image()], **fal_image()}
TOUCHED = ("jobs", "ledger", "webhooks", "courier")


def webhook(ports: Ports, id: str = "wh_1", tenant: str = "acme", **more: Any) -> Webhook:
    """Register a webhook."""
    made = Webhook(tenant, id, HOOK, **{"events": ("*",), "created_at": ports.now(), **more})
    ports.webhooks.create(made)
    return made


def begun(ports: Ports) -> list[str]:
    """Return what deliveries began, by name without the job's."""
    return [f"{name.removeprefix(job)}" for _, job, _, name in ports.courier.begun]  # type: ignore[attr-defined]


def inline(**body: Any) -> tuple[Ports, Job]:
    """Accept a picture that is made while its caller waits."""
    ports = make_ports(PICTURE, hurried(shipped_plan()))
    return ports, make_job(ports, "nano-banana-pro", fallback=[], **body)


def test_an_inline_job_with_a_webhook_is_answered_at_once_and_told() -> None:
    """To have a webhook is no reason to wait for a workflow."""
    ports, job = inline(webhook_url=HOOK)

    ended = accept.run(ports, job, 20, False)

    assert (ended.status, ended.untold, begun(ports)) == ("succeeded", False, ["-url"])
    assert ports.workflow.started == []  # type: ignore[attr-defined]


def test_the_workflow_ends_at_its_settlement() -> None:
    """Webhooks are on their way by then."""
    ports = make_ports(steps.veo_works())

    ended = run_workflow(ports, make_job(ports, webhook_url=HOOK, duration=8))

    assert (ended.status, begun(ports)) == ("succeeded", ["-url"])


def test_a_canceled_job_is_told_in_the_call_that_cancels_it() -> None:
    """Not when its workflow happens to look."""
    ports = make_ports({})
    job = make_job(ports, webhook_url=HOOK)

    cancel.cancel(ports, job.tenant, job.id)

    assert begun(ports) == ["-url"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, ["-wh_1"]),
        ({"events": ("job.failed", "job.canceled")}, ["-wh_1"]),
        ({"events": ("job.succeeded", "job.expired")}, []),
        ({"key_id": "key_1"}, ["-wh_1"]),
        ({"key_id": "key_2"}, []),
        ({"disabled_at": 1.0}, []),
        ({"tenant": "other"}, []),
    ],
)
def test_a_registered_webhook_is_told_of_what_it_asked_for(more: dict[str, Any], told: list[str]) -> None:
    """By event, by key, by tenant, and only while it is on."""
    ports = make_ports({})
    webhook(ports, **more)

    ended = settle(ports, make_job(ports), lost=True)

    assert (ended.status, begun(ports)) == ("failed", told)


def test_nobody_to_tell_costs_no_write() -> None:
    """A mark would be a second write of every job."""
    ports = make_ports({})
    job = make_job(ports)

    ended = settle(ports, job, lost=True)

    assert ended.version == job.version + 1
    assert ports.jobs.due(1e12) == []


def died(moments: int) -> tuple[Ports, Job, bool]:
    """End a job whose function dies at some moment of that."""
    ports = make_ports({})
    webhook(ports)
    job = make_job(ports, webhook_url=HOOK)
    life = Life(moments)
    mortal = replace(ports, **{name: Mortal(getattr(ports, name), life) for name in TOUCHED})
    try:
        settle(mortal, job, lost=True)
    except Died:
        return ports, job, True
    return ports, job, False


def test_whenever_the_function_dies_that_ends_a_job_everybody_is_told_once() -> None:
    """Before the end is written another one ends it; after that, the sweeper finds the mark."""
    moments, dies, swept = 0, True, Counter[bool]()
    while dies:
        ports, job, dies = died(moments)
        before = len(begun(ports))
        if not latest(ports, job).ended:
            settle(ports, latest(ports, job), lost=True)
        ports.sleep(tell.LEFT_S)
        for tenant, id in ports.jobs.due(ports.now()):
            sweep.see_to(ports, tenant, id)
        assert sorted(begun(ports)) == ["-url", "-wh_1"], moments
        assert ports.jobs.due(1e12) == [], moments
        swept[len(begun(ports)) > before] += 1
        moments += 1

    assert swept[True] >= 6


def test_an_outage_of_what_carries_deliveries_does_not_fail_a_job() -> None:
    """The caller has its picture; the sweeper tells the webhook later, and says so if it cannot."""
    ports, job = inline(webhook_url=HOOK)

    class Down:
        def start(self, *ids: str) -> None:
            raise ConnectionError

    ended = accept.run(replace(ports, courier=Down()), job, 20, False)
    ports.sleep(tell.LEFT_S)

    assert (ended.status, ended.untold) == ("succeeded", True)
    with pytest.raises(ConnectionError):
        sweep.see_to(replace(ports, courier=Down()), job.tenant, job.id)
    assert sweep.see_to(ports, job.tenant, job.id) == "told"
    assert begun(ports) == ["-url"]


def test_an_outage_of_the_registered_webhooks_does_not_either() -> None:
    """Whom to tell is not known then, so the mark is written all the same."""
    ports, job = inline()

    class Down:
        def of(self, tenant: str) -> None:
            raise ConnectionError

    ended = accept.run(replace(ports, webhooks=Down()), job, 20, False)
    ports.sleep(tell.LEFT_S)
    sweep.see_to(ports, job.tenant, job.id)

    assert (ended.status, ended.untold) == ("succeeded", True)
    assert not latest(ports, job).untold


def test_the_sweeper_leaves_an_end_alone_that_is_just_being_told() -> None:
    """The function that wrote it has a minute."""
    ports, job, _ = died(4)  # its end is written, and nobody told

    assert latest(ports, job).untold
    assert sweep.see_to(ports, job.tenant, job.id) == "none"
    assert begun(ports) == []


def ended_job(ports: Ports, **body: Any) -> Job:
    """End a job."""
    return settle(ports, make_job(ports, **body), lost=True)


def test_a_job_is_told_again_to_all_or_to_one() -> None:
    """Each time under a number of its own; what stands in the record is the new delivery."""
    ports = make_ports({})
    webhook(ports)
    job = ended_job(ports, webhook_url=HOOK)

    first = tell.again(ports, job.tenant, job.id, "")
    ports.deliveries.save(replace(first[1], status="delivered"))
    second = tell.again(ports, job.tenant, job.id, "wh_1")

    assert [each.id.removeprefix(job.id) for each in (*first, *second)] == ["-url-2", "-wh_1-2", "-wh_1-3"]
    assert begun(ports)[2:] == ["-url-2", "-wh_1-2", "-wh_1-3"]


def test_asking_again_before_the_first_try_begins_the_same_delivery() -> None:
    """Who asked may have died before it began, or have asked twice."""
    ports = make_ports({})
    job = ended_job(ports, webhook_url=HOOK)

    class Down:
        def start(self, *ids: str) -> None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        tell.again(replace(ports, courier=Down()), job.tenant, job.id, "")
    (delivery,) = tell.again(ports, job.tenant, job.id, "")

    assert begun(ports) == ["-url", "-url-2"]
    assert ports.deliveries.of_job(job.tenant, job.id) == [delivery]


def test_telling_again_says_what_stands_in_its_way() -> None:
    """The job is unknown or runs; there is nobody to tell, or the one is unknown or turned off."""
    ports = make_ports({})
    running, job = make_job(ports), ended_job(make_ports({}))
    ports.jobs.create(replace(job, id="gw_ended"))
    webhook(ports, disabled_at=1.0)

    for job_id, to, error, said in [
        ("gw_none", "", NotFound, "no job 'gw_none'"),
        (running.id, "", Clash, "is queued; its webhooks are told when it has ended"),
        ("gw_ended", "", Clash, "named no webhook_url, and no registered webhook wants 'job.failed'"),
        ("gw_ended", "wh_2", NotFound, "no webhook 'wh_2'"),
        ("gw_ended", "wh_1", Clash, "webhook wh_1 is turned off"),
    ]:
        with pytest.raises(error, match=said):
            tell.again(ports, "acme", job_id, to)
    assert begun(ports) == []

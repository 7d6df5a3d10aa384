"""The same call twice is one job: at once, later, after a crash; a refused call leaves its key unused."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.domain import body, repeat
from gateway.domain.job import Job
from gateway.domain.repeat import KEPT_S, Made, Repeat
from gateway.errors import CallerError, Clash
from gateway.flow.repeat import earlier, go_on, resent, take_in
from gateway.plan import Limits, Plan
from tests.builders import CALLER, make_job, make_ports, plan_of
from tests.flow.steps import latest

BODY = {"prompt": "a lighthouse"}
CALL = repeat.read("order 7", CALLER.key_id, "POST /v1/v", BODY)
ROUTES = """
version: 1
tiers: {pro: {concurrent: PLACES}}
models: {v: {operations: [text_to_video], targets: [fal/fal-ai/veo3.1], overflow: shed, max_wait: 5s}}
"""


def with_places(count: int) -> Plan:
    """Compile a route whose callers and whose pool have so many places each."""
    plan = plan_of(ROUTES.replace("PLACES", str(count)))
    fal = replace(plan.providers["fal"], limits=Limits(rpm=60, burst=9, concurrent=count))
    return replace(plan, providers=plan.providers | {"fal": fal})


def posted(ports: Any, number: int = 0) -> Job:
    """Take the call in."""
    ports = replace(ports, random=lambda count: number.to_bytes(count))
    return take_in(ports, CALLER, body.read(BODY, "v"), "https://gw.example.com", CALL).job


@dataclass
class Meanwhile:
    """Repeats where another call comes a moment before ours: between our look and our entry."""

    port: Any
    happens: Callable[[], object] | None

    def find(self, name: str, now: float) -> Made | None:
        """Look, before the other one comes."""
        found = self.port.find(name, now)
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return found

    def create(self, job: Job, call: Repeat) -> None:
        """Store both, too late."""
        self.port.create(job, call)


def test_a_repeated_call_finds_its_job() -> None:
    """While it runs and after it has ended, as it stands."""
    ports = make_ports({}, with_places(1))
    job = posted(ports)
    ended = ports.jobs.save(replace(job, status="canceled"))

    assert earlier(ports, CALLER.tenant, CALL) == ended
    assert go_on(ports, ended, 25, True) == ended


@pytest.mark.parametrize("places", [1, 2])
def test_two_calls_at_once_are_one_job(places: int) -> None:
    """The second one keeps no place and gets the first one's job, also where that took the last place."""
    ports = make_ports({}, with_places(places))
    first: list[Job] = []
    racing = replace(ports, repeats=Meanwhile(ports.repeats, lambda: first.append(posted(ports))))

    second = posted(racing, number=1)

    assert [second] == first == list(ports.jobs.items.values())
    assert list(ports.leases.holders["fal#ours#global"]) == [f"{second.id}-1"]
    assert list(ports.leases.holders["key#key_1"]) == [second.id]


@pytest.mark.parametrize(
    "other",
    [
        repeat.read("order 7", CALLER.key_id, "POST /v1/v", {"prompt": "a harbour"}),
        repeat.read("order 7", CALLER.key_id, "POST /v1/jobs", BODY),
    ],
    ids=["body", "path"],
)
def test_another_body_or_path_with_the_same_key_is_refused(other: Repeat) -> None:
    """The refusal names the job that the key stands for."""
    ports = make_ports({}, with_places(1))
    job = posted(ports)

    with pytest.raises(Clash, match="with another body or path") as caught:
        earlier(ports, CALLER.tenant, other)

    assert (caught.value.code, caught.value.job_id) == ("idempotency_conflict", job.id)


def test_a_key_is_its_api_keys_own_and_good_for_a_day() -> None:
    """Another API key may use the same text; a day later so may this one."""
    ports = make_ports({}, with_places(1))
    posted(ports)

    assert earlier(ports, CALLER.tenant, repeat.read("order 7", "key_2", "POST /v1/v", BODY)) is None
    ports.sleep(KEPT_S)
    assert earlier(ports, CALLER.tenant, CALL) is None


def test_a_call_that_was_refused_does_not_use_its_key_up() -> None:
    """Too many jobs at once: when one has ended, the same call is let in."""
    ports = make_ports({}, with_places(1))
    ports.leases.take("key#key_1", "another job", 1, ports.now() + 60, ports.now())

    with pytest.raises(CallerError, match="jobs of a key run at once"):
        posted(ports)
    ports.leases.give_back("key#key_1", "another job")

    assert earlier(ports, CALLER.tenant, CALL) is None
    assert posted(ports).status == "queued"


def test_a_job_whose_call_died_is_handed_over_by_its_repeat() -> None:
    """A moment later it may still be at work inline; after that, handing it over twice is doing it once."""
    ports = make_ports({}, with_places(1))
    job = posted(ports)

    go_on(ports, job, 0, False)
    soon = list(ports.workflow.started)
    ports.sleep(31)
    go_on(ports, latest(ports, job), 0, False)

    assert (soon, ports.workflow.started) == ([], [job.id])


def test_a_repeat_waits_only_as_long_as_its_caller_says() -> None:
    """Without a preference the job is answered as it stands."""
    ports = make_ports({}, with_places(1))
    job = posted(ports)
    began = ports.now()

    go_on(ports, job, 20, False)
    unasked_s = ports.now() - began
    go_on(ports, job, 5, True)

    assert (unasked_s, 4 < ports.now() - began <= 5) == (0, True)


def test_a_key_whose_job_is_gone_is_not_used_again() -> None:
    """Nobody can tell what that call asked for; it says so rather than start it twice."""
    ports = make_ports({}, with_places(1))
    job = posted(ports)
    del ports.jobs.items[job.tenant, job.id]

    with pytest.raises(Clash, match="and the job is gone"):
        earlier(ports, CALLER.tenant, CALL)


def test_a_call_without_a_key_asks_nothing_more() -> None:
    """No look, no entry."""
    ports = make_ports({}, with_places(1))

    make_job(ports, "v")

    assert ports.repeats.made == {}


def test_a_client_that_sends_again_means_its_last_call_of_that_kind() -> None:
    """Two calls that ask for the same are two; the repetition of one is none of its own."""
    ports, drawn = make_ports({}), iter(range(99))
    ports = replace(ports, random=lambda count: next(drawn).to_bytes(count))
    asked = repeat.unnamed(CALLER.key_id, "POST /v1/images/generations", BODY)

    first, other = resent(ports, asked, again=False), resent(ports, asked, again=False)

    assert first.name != other.name
    assert resent(ports, asked, again=True) == other
    assert first.digest == asked.digest


def test_a_repetition_of_a_call_that_never_came_is_a_new_one() -> None:
    """And what is sent after that is a repetition of it."""
    ports = make_ports({})
    asked = repeat.unnamed(CALLER.key_id, "POST /v1/images/generations", BODY)

    assert resent(ports, asked, again=True) == resent(ports, asked, again=True)

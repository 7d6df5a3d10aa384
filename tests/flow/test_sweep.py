"""No job hangs for ever: functions die, messages die, executions break, and every job ends all the same."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import Job
from gateway.flow import accept, attempt, chain, deliver, sweep
from gateway.flow.accept import LEASE_S
from gateway.flow.ports import Ports
from gateway.flow.settle import settle
from tests.builders import answer, hurried, make_job, make_ports, shipped_plan
from tests.flow import steps
from tests.flow.steps import latest, run_workflow, starts
from tests.flow.test_accept import fal_image
from tests.flow.test_attempt import begun

# Every port through which an inline call leaves something behind.
TOUCHED = ("jobs", "ledger", "pacers", "leases", "circuits", "artifacts", "wire", "workflow")


class Died(BaseException):
    """The function's process is gone."""


class Life:
    """Counts the moments until its end: two for each call of a port, before and after its effect."""

    def __init__(self, moments: int) -> None:
        self.left = moments

    def pass_(self) -> None:
        """Live through one moment, or die in it."""
        if self.left == 0:
            raise Died
        self.left -= 1


class Mortal:
    """A port whose caller may die before a call or after it."""

    def __init__(self, port: Any, life: Life) -> None:
        self._port, self._life = port, life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._life.pass_()
            answer = getattr(self._port, name)(*given, **named)
            self._life.pass_()
            return answer

        return call


def mortal(ports: Ports, moments: int) -> Ports:
    """Give the one who uses these ports so long to live."""
    life = Life(moments)
    return replace(ports, **{name: Mortal(getattr(ports, name), life) for name in TOUCHED})


def died_inline(moments: int, *answers: Any) -> tuple[Ports, Job, bool]:
    """Run an inline job until its function dies, if it does: at Google, and at fal after that."""
    script = {"POST gemini-3-pro-image": list(answers), **fal_image()}
    ports = make_ports(script, hurried(shipped_plan()))
    job = make_job(ports, "nano-banana-pro", fallback=[])
    try:
        accept.run(mortal(ports, moments), job, 20, False)
    except Died:
        return ports, job, True
    return ports, job, False


def swept(ports: Ports, job: Job) -> Job:
    """Let the lease run out, sweep, and let the workflow run what it is handed."""
    ports.sleep(LEASE_S + 1)
    for tenant, job_id in ports.jobs.due(ports.now()):
        sweep.see_to(ports, tenant, job_id)
    handed_over = job.id in ports.workflow.started  # type: ignore[attr-defined]
    return run_workflow(ports, job) if handed_over else latest(ports, job)


PICTURE = steps.gemini_image()
REFUSED = answer({"promptFeedback": {"blockReason": "SAFETY"}})


@pytest.mark.parametrize(
    ("answered", "code"), [(PICTURE, ""), (REFUSED, "moderation"), (steps.FAILED_503, "")]
)
def test_whenever_an_inline_function_dies_its_job_ends_and_nothing_is_started_twice(
    answered: Any, code: str
) -> None:
    """It dies at every moment in turn; what may have been billed and was not answered stays unknown."""
    moments, died, codes = 0, True, Counter[str]()
    while died:
        ports, job, died = died_inline(moments, answered)
        ended = swept(ports, job)
        assert ended.ended, moments
        assert max(Counter(starts(ports)).values(), default=0) <= 1, moments
        codes[ended.error_code] += 1
        moments += 1

    assert codes.keys() == {code, "start_unknown"}
    assert codes[code] >= 15


def test_a_picture_that_was_paid_for_and_lost_is_not_asked_for_again() -> None:
    """The function died while it stored the answer: the trace says so, and no second one is bought."""
    ports, job, _ = died_inline(10_000, PICTURE)
    stored = replace(ports, artifacts=Mortal(ports.artifacts, Life(0)))
    job = replace(make_job(ports, "nano-banana-pro", fallback=[]), id="gw_other")
    ports.jobs.create(job)

    with pytest.raises(Died):
        accept.run(stored, job, 20, False)
    ended = swept(ports, job)

    assert (ended.status, ended.error_code) == ("failed", "start_unknown")
    assert "was not stored" in ended.error_message
    assert len(starts(ports)) == 2


@pytest.mark.parametrize("far", ["reserved", "accepted", "at links", "delivered"])
def test_the_workflow_goes_on_wherever_a_job_was_left(far: str) -> None:
    """One start, one delivery, one entry in the books."""
    ports = make_ports(steps.veo_works())
    job = make_job(ports, duration=8)
    chain.advance(ports, job)
    if far != "reserved":
        attempt.start(ports, latest(ports, job), 1)
    while far in ("at links", "delivered") and latest(ports, job).status != "delivering":
        attempt.check(ports, latest(ports, job), 1)
    if far == "delivered":
        deliver.from_links(ports, latest(ports, job), latest(ports, job).attempt)

    ended = swept(ports, job)

    assert (ended.status, len(ended.attempts), len(starts(ports))) == ("succeeded", 1, 1)
    assert len(ports.ledger.entries) == 1  # type: ignore[attr-defined]


def test_a_job_whose_function_died_before_it_was_handed_over_is_handed_over() -> None:
    """Nobody waits for it, nothing was started: the sweeper alone knows of it."""
    ports = make_ports(steps.veo_works())
    job = make_job(ports)

    assert swept(ports, job).status == "succeeded"


def test_a_job_is_left_alone_while_its_function_may_live_and_once_a_workflow_has_it() -> None:
    """The lease ends with the first step of the workflow."""
    ports = make_ports({})
    job = make_job(ports)
    early = ports.jobs.due(ports.now() + LEASE_S - 1)

    sweep.take_over(ports, job)

    assert early == ports.jobs.due(job.deadline_at) == []


def test_a_job_that_everybody_forgot_is_ended_and_its_webhook_told() -> None:
    """An hour after its deadline no workflow will end it."""
    ports = make_ports({})
    job = sweep.take_over(ports, make_job(ports, webhook_url="https://app.example.com/hook"))
    ports.sleep(job.deadline_at + sweep.OVERDUE_S - ports.now())

    ((tenant, job_id),) = ports.jobs.due(ports.now())
    done = sweep.see_to(ports, tenant, job_id)

    assert (done, latest(ports, job).error_code) == ("closed", "internal_error")
    assert ports.workflow.started == []  # type: ignore[attr-defined]
    assert [name for *_, name in ports.courier.begun] == [f"{job.id}-url"]  # type: ignore[attr-defined]
    assert ports.jobs.due(ports.now()) == []


def test_an_execution_that_broke_gets_one_more_and_the_second_ends_the_job() -> None:
    """The first may have met an outage; the second says that it was not that."""
    ports = make_ports({})
    job = make_job(ports)

    first = sweep.broke(ports, job, job.id, "FAILED")
    then = sweep.broke(ports, job, first, "FAILED")

    assert (first, then) == (f"{job.id}-2", "closed")
    assert latest(ports, job).status == "failed"


def test_a_job_whose_execution_was_stopped_ends_and_gives_its_place_back() -> None:
    """An operator's stop is not undone; what was delivered by then is still the caller's."""
    ports = make_ports(steps.veo_works())
    job = chain.advance(ports, make_job(ports)).job

    sweep.broke(ports, job, job.id, "ABORTED")
    again = sweep.broke(ports, latest(ports, job), job.id, "ABORTED")

    assert (latest(ports, job).status, again) == ("failed", "none")
    assert not any(ports.leases.holders.values())  # type: ignore[attr-defined]
    assert run_workflow(ports, job) == latest(ports, job)
    assert starts(ports) == []


def test_a_start_that_never_left_goes_on_at_the_next_target() -> None:
    """Its message died in the queue while the attempt was only reserved."""
    ports = make_ports({**steps.veo_works(), **steps.fal_works()})
    job = chain.advance(ports, make_job(ports)).job

    outcome = attempt.bury(ports, job, 1)
    ended = run_workflow(ports, job)

    assert (outcome.word, outcome.job.attempt.code) == ("next", "start_lost")
    assert [each.provider for each in ended.attempts] == ["google", "fal"]
    assert (ended.status, starts(ports)) == ("succeeded", ["queue.fal.run"])


def test_a_start_that_may_have_left_is_not_repeated_anywhere() -> None:
    """Its workers died over it, so it may have been billed: the job ends and says why."""
    ports = make_ports(steps.fal_works())
    job = begun(ports, "veo-3.1")

    with pytest.raises(attempt.Busy):
        attempt.bury(ports, job, 1)
    ports.sleep(70)
    outcome = attempt.bury(ports, job, 1)

    assert (outcome.word, outcome.job.attempt.status) == ("fail", "unknown")
    assert run_workflow(ports, job).error_code == "start_unknown"
    assert starts(ports) == []


def test_a_dead_message_of_a_start_that_went_well_only_tells_so() -> None:
    """The provider has it: the workflow looks after it as if its message had been answered."""
    ports = make_ports(steps.veo_works())
    job = chain.advance(ports, make_job(ports)).job
    accepted = attempt.start(ports, job, 1).job

    outcome = attempt.bury(ports, accepted, 1)

    assert (outcome.word, outcome.job) == ("pending", accepted)


def test_settling_what_the_sweeper_ended_changes_nothing() -> None:
    """The workflow may still come to its end later."""
    ports = make_ports({})
    job = make_job(ports)
    sweep.close(ports, job)

    assert settle(ports, latest(ports, job)) == latest(ports, job)

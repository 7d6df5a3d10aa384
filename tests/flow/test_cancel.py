"""A cancel ends a job wherever it stands: nothing starts after it, and no provider's job is lost by it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.domain.job import Job, moved, with_attempt
from gateway.errors import Clash, Conflict, NotFound
from gateway.flow import accept, attempt, chain, deliver
from gateway.flow.cancel import cancel
from gateway.flow.pump import pump
from gateway.flow.settle import settle
from gateway.plan import Limits, Plan
from tests.builders import answer, hurried, make_job, make_ports, plan_of, shipped_plan
from tests.flow import steps
from tests.flow.steps import latest, starts
from tests.flow.test_attempt import KLING, KLING_WORKS, begun

ROUTES = """
version: 1
tiers: {pro: {concurrent: 9}}
models:
  v: {operations: [text_to_video], targets: [fal/fal-ai/veo3.1], fallback: [g], deadline: 1h}
  g: {operations: [text_to_video], targets: [google/veo-3.1-generate-001], deadline: 1h}
"""
POOL = "fal#ours#global"
STOPS = {"PUT /cancel": [answer({"status": "CANCELLATION_REQUESTED"}, 202)]}
RUNS = {"POST queue.fal.run": [steps.FAL_ACCEPTED], "GET /status": [answer({"status": "IN_PROGRESS"})]}


def limited(concurrent: int | None = None) -> Plan:
    """Compile the routes with so many places at fal."""
    plan = plan_of(ROUTES)
    limits = Limits(rpm=60, concurrent=concurrent)
    return replace(plan, providers=plan.providers | {"fal": replace(plan.providers["fal"], limits=limits)})


def reserved(ports: Any) -> Job:
    """Give a job its slot."""
    go = chain.advance(ports, make_job(ports, "v"))
    assert isinstance(go, chain.Go)
    return go.job


def accepted(ports: Any, **body: Any) -> Job:
    """Have a job accepted by fal."""
    go = chain.advance(ports, make_job(ports, "v", **body))
    return attempt.start(ports, go.job, 1).job


def waiting(ports: Any, number: int = 0) -> Job:
    """Put a job of its own id into fal's queue; its token is its id."""
    job = replace(make_job(ports, "v"), id=f"gw_{number}")
    ports.jobs.create(job)
    return chain.enter_queue(ports, job, 0, job.id)


def cancels(ports: Any, job: Job) -> Job:
    """Cancel as a caller does, by id."""
    return cancel(ports, job.tenant, job.id)


@dataclass
class Meanwhile:
    """A port where something else happens, once, just before it is written to or answers."""

    port: Any
    happens: Callable[[], object] | None

    def save(self, job: Job) -> Job:
        """Write a job, a moment too late."""
        self._let_it_happen()
        return self.port.save(job)

    def send(self, request: Any, deadline_s: float) -> Any:
        """Answer, a moment later."""
        self._let_it_happen()
        return self.port.send(request, deadline_s)

    def get(self, tenant: str, job_id: str) -> Job | None:
        """Read a job."""
        return self.port.get(tenant, job_id)

    def _let_it_happen(self) -> None:
        happens, self.happens = self.happens, None
        if happens:
            happens()


def test_a_job_in_a_queue_is_canceled_at_once() -> None:
    """Its workflow is told to go on, its place is free, nothing was sent."""
    ports = make_ports({}, limited())
    job = waiting(ports)

    canceled = cancels(ports, job)

    assert (canceled.status, canceled.place, canceled.finished_at) == ("canceled", "", ports.now())
    assert ports.tokens.answered == {job.id: {"outcome": "end"}}
    assert ports.queue.first(POOL, 1) == []
    assert ports.wire.sent == []


def test_who_leaves_a_queue_early_does_not_push_newcomers_back() -> None:
    """The last of thirty goes; another tenant's first job is still the next but one."""
    ports = make_ports({}, limited())
    jobs = [waiting(ports, number) for number in range(30)]

    cancels(ports, jobs[-1])

    place = ports.queue.enter(POOL, "other", "gw_x", 0, "t")
    assert ports.queue.ahead(POOL, place) == 1


def test_a_job_with_a_slot_is_never_started() -> None:
    """The worker finds it canceled; its places are free at once, and the pool's rings for who wants it."""
    ports = make_ports({}, limited(concurrent=1))
    job = reserved(ports)
    ports.leases.want(POOL)

    canceled = cancels(ports, job)

    assert canceled.attempt.status == "canceled"
    assert ports.leases.holders == {POOL: {}, "key#key_1": {}}
    assert ports.bell.rung == [(POOL, 0)]
    assert attempt.start(ports, job, 1).word == "fail"
    assert isinstance(chain.advance(ports, latest(ports, job)), chain.End)
    assert settle(ports, latest(ports, job)) == canceled
    assert starts(ports) == []


def test_an_accepted_job_is_canceled_upstream() -> None:
    """fal is told; its answer is in the trace, nothing is charged, and the next look only finds the end."""
    ports = make_ports(RUNS | STOPS, limited())
    job = accepted(ports)

    canceled = cancels(ports, job)

    assert (canceled.status, canceled.attempt.status) == ("canceled", "canceled")
    assert canceled.attempt.cancel == "answered 202"
    assert (canceled.lines, ports.ledger.entries) == ((), [])
    assert attempt.check(ports, latest(ports, job), 1).word == "fail"
    assert [sent.method for sent in ports.wire.sent] == ["POST", "PUT"]


def test_a_cancel_goes_out_with_the_callers_own_key_and_frees_that_keys_place() -> None:
    """The key is opened for the cancel, and forgotten with the end."""
    ports = make_ports(RUNS | STOPS, limited(concurrent=1))
    job = accepted(ports, byok={"fal": "mine"})

    canceled = cancels(ports, job)

    assert ports.wire.sent[-1].headers["Authorization"] == "Key mine"
    assert ports.leases.holders["fal#key_1#global"] == {}
    assert canceled.byok == {}


def test_a_provider_that_cannot_cancel_is_said_so() -> None:
    """Google goes on rendering, and nobody looks any more."""
    ports = make_ports({"POST :predictLongRunning": [steps.VEO_ACCEPTED]}, limited())
    job = attempt.start(ports, chain.advance(ports, make_job(ports, "g")).job, 1).job

    assert cancels(ports, job).attempt.cancel == "not offered by the provider"


def test_a_cancel_during_a_start_is_carried_out_when_the_provider_has_answered() -> None:
    """The provider's job id is kept, and canceled with."""
    ports = make_ports(RUNS | STOPS, limited(concurrent=1))
    job = reserved(ports)
    told: list[Job] = []
    slow = replace(ports, wire=Meanwhile(ports.wire, lambda: told.append(cancels(ports, job))))

    outcome = attempt.start(slow, job, 1)

    ended = latest(ports, job)
    assert [each.status for each in told] == ["running"]
    assert (outcome.word, ended.status) == ("fail", "canceled")
    assert (ended.attempt.kept["job"], ended.attempt.cancel) == ("r1", "answered 202")
    assert ports.leases.holders[POOL] == {}


def test_a_cancel_during_a_start_that_fails_ends_the_chain() -> None:
    """fal refuses; Google is not tried, the refusal stays in the trace, and counts once."""
    ports = make_ports({"POST queue.fal.run": [steps.FAILED_503]}, limited())
    job = reserved(ports)
    slow = replace(ports, wire=Meanwhile(ports.wire, lambda: cancels(ports, job)))

    outcome = attempt.start(slow, job, 1)

    assert outcome.word == "next"
    assert isinstance(chain.advance(ports, latest(ports, job)), chain.End)
    ended = settle(ports, latest(ports, job))
    assert (ended.status, ended.attempt.status, ended.attempt.error) == ("canceled", "failed", "transient")
    assert ports.circuits.known["fal/fal-ai/veo3.1#global"].failures == 1


def test_a_result_that_comes_after_a_cancel_is_not_shown() -> None:
    """The picture was in the very answer that the cancel waited for: it is stored nowhere."""
    ports = make_ports({"POST gemini-3-pro-image": [steps.gemini_image()]}, hurried(shipped_plan()))
    job = make_job(ports, "nano-banana-pro")
    slow = replace(ports, wire=Meanwhile(ports.wire, lambda: cancels(ports, job)))

    ended = accept.run(slow, job, 20, False)

    assert (ended.status, ended.outputs, ports.artifacts.files) == ("canceled", (), {})
    assert ended.attempt.cancel == "too late: the result was there"
    assert ports.workflow.started == []


def test_a_call_that_waits_inline_is_answered_with_the_canceled_job() -> None:
    """It was canceled before its start; the call ends well, and no workflow is begun."""
    ports = make_ports({}, hurried(shipped_plan()))
    job = make_job(ports, "nano-banana-pro")
    racing = replace(ports, jobs=Meanwhile(ports.jobs, lambda: cancels(ports, job)))

    ended = accept.run(racing, job, 20, False)

    assert (ended.status, ports.workflow.started) == ("canceled", [])


@pytest.mark.parametrize("found", ["the job", "nothing", "no answer"])
def test_a_cancel_of_a_start_whose_worker_died_starts_nothing_again(found: str) -> None:
    """Kling is asked; what it has is canceled, what it has not is not started, what is unknown is told."""
    ports = make_ports(dict(KLING_WORKS), plan_of(KLING))
    job = begun(ports, "k")
    task = {"task_id": "k1", "task_info": {"external_task_id": f"{job.id}-1"}}
    tasks = {"the job": [task], "nothing": []}
    asked = answer({"code": 0, "data": tasks[found]}) if found in tasks else steps.TIMED_OUT
    ports.wire.script["GET pageNum"] = [asked]
    marked = cancels(ports, job)
    ports.sleep(70)

    attempt.start(ports, marked, 1)
    ended = settle(ports, latest(ports, job))

    assert (marked.status, ended.status, starts(ports)) == ("running", "canceled", [])
    assert ended.attempt.kept.get("job") == ("k1" if found == "the job" else None)
    assert ended.attempt.code == ("start_unknown" if found == "no answer" else "")


def test_a_cancel_that_died_halfway_is_carried_out_by_the_next_look() -> None:
    """It was written down before the provider was told; a result that is there by now is not shown."""
    ports = make_ports(steps.fal_works() | STOPS, limited())
    job = accepted(ports)
    ports.jobs.save(replace(job, cancel_at=ports.now()))

    outcome = attempt.check(ports, latest(ports, job), 1)

    assert (outcome.word, latest(ports, job).status) == ("fail", "canceled")
    assert latest(ports, job).attempt.cancel == "answered 202"


def test_two_cancels_at_once_are_one() -> None:
    """The slower one finds the job canceled, and is told so."""
    ports = make_ports(RUNS | STOPS, limited())
    job = accepted(ports)
    quicker: list[Job] = []
    slow = replace(ports, wire=Meanwhile(ports.wire, lambda: quicker.append(cancels(ports, job))))

    slower = cancels(slow, job)

    assert [slower] == quicker
    assert cancels(ports, job) == slower


def test_a_look_that_finds_the_result_first_wins() -> None:
    """The poller moved the job on to its delivery: it is past canceling."""
    ports = make_ports(steps.fal_works() | STOPS, limited())
    job = accepted(ports)
    late = replace(ports, jobs=Meanwhile(ports.jobs, lambda: attempt.check(ports, job, 1)))

    with pytest.raises(Clash, match="is delivering, which is too late to cancel it") as caught:
        cancels(late, job)

    assert (caught.value.status, caught.value.code) == (409, "too_late")
    assert deliver.from_links(ports, latest(ports, job), latest(ports, job).attempt).word == "delivered"


@pytest.mark.parametrize("found", ["done", "running", "failed"])
def test_a_look_that_comes_second_changes_nothing(found: str) -> None:
    """The poller had read the job before the cancel: it ends canceled whatever was found."""
    states = {
        "done": steps.FAL_DONE,
        "running": RUNS["GET /status"][0],
        "failed": answer({"detail": "x"}, 422),
    }
    ports = make_ports(steps.fal_works() | STOPS | {"GET /status": [states[found]]}, limited())
    job = accepted(ports)
    slow = replace(ports, wire=Meanwhile(ports.wire, lambda: cancels(ports, job)))

    try:
        word = attempt.check(slow, job, 1).word
    except Conflict:  # the step is tried again
        word = attempt.check(ports, latest(ports, job), 1).word

    assert (word, latest(ports, job).status) == ("fail", "canceled")
    assert ports.artifacts.files == {}


def test_a_pump_whose_job_is_canceled_under_its_hands_serves_the_next() -> None:
    """The slot is lost, the place is not; the pump goes on, and both workflows are told."""
    ports = make_ports({}, limited(concurrent=1))
    first, second = waiting(ports, 1), waiting(ports, 2)
    racing = replace(ports, jobs=Meanwhile(ports.jobs, lambda: cancels(ports, first)))

    gone = pump(racing, POOL)

    assert gone == 2
    assert ports.tokens.answered[first.id] == {"outcome": "end"}
    assert ports.tokens.answered[second.id]["outcome"] == "go"
    assert list(ports.leases.holders[POOL]) == [f"{second.id}-1"]


def test_a_cancel_that_the_pump_outran_takes_the_slot_back() -> None:
    """The pump gave the job its slot in between: it is canceled all the same, before it starts."""
    ports = make_ports({}, limited())
    job = waiting(ports)
    late = replace(ports, jobs=Meanwhile(ports.jobs, lambda: pump(ports, POOL)))

    canceled = cancels(late, job)

    assert (canceled.status, canceled.attempt.status) == ("canceled", "canceled")
    assert ports.tokens.answered[job.id]["outcome"] == "go"
    assert attempt.start(ports, canceled, 1).word == "fail"


def test_a_job_that_is_canceled_on_its_way_into_the_queue_does_not_stay_there() -> None:
    """No place is left behind, and the workflow's step breaks rather than wait for a day."""
    ports = make_ports({}, limited())
    job = make_job(ports, "v")
    racing = replace(ports, jobs=Meanwhile(ports.jobs, lambda: cancels(ports, job)))

    with pytest.raises(Conflict):
        chain.enter_queue(racing, job, 0, "t")
    with pytest.raises(Conflict):
        chain.enter_queue(ports, latest(ports, job), 0, "t2")

    assert ports.queue.first(POOL, 1) == []


def test_a_job_that_is_canceled_while_it_gets_its_slot_keeps_no_place() -> None:
    """The place was taken after the cancel had looked."""
    ports = make_ports({}, limited(concurrent=1))
    job = make_job(ports, "v")
    racing = replace(ports, jobs=Meanwhile(ports.jobs, lambda: cancels(ports, job)))

    with pytest.raises(Conflict):
        chain.advance(racing, job)

    assert ports.leases.holders[POOL] == {}


def test_a_start_that_comes_before_a_cancel_keeps_its_places() -> None:
    """The cancel of a job that had only a slot finds it starting: it is written down, nothing is freed."""
    ports = make_ports(RUNS | STOPS, limited(concurrent=1))
    job = reserved(ports)
    taken = replace(job.attempt, status="starting", started_at=ports.now(), lease_until=ports.now() + 65)
    starting = with_attempt(moved(job, "start", ports.now()), taken)
    late = replace(ports, jobs=Meanwhile(ports.jobs, lambda: ports.jobs.save(starting)))

    told = cancels(late, job)

    assert (told.status, told.cancel_at) == ("running", ports.now())
    assert list(ports.leases.holders[POOL]) == [f"{job.id}-1"]
    assert cancels(ports, job) == told


def test_a_delivery_that_failed_may_be_canceled_before_the_next_target() -> None:
    """The job is still called delivering, but nothing is on its way."""
    broken = steps.fal_works() | {"GET v3.fal.media": [answer({}, 404)]}
    ports = make_ports(broken, limited())
    done = attempt.check(ports, accepted(ports), 1).job
    failed = deliver.from_links(ports, done, done.attempt).job

    canceled = cancels(ports, failed)

    assert (failed.status, canceled.status) == ("delivering", "canceled")
    assert canceled.attempt.status == "failed"


@pytest.mark.parametrize("status", ["succeeded", "failed", "expired"])
def test_what_has_ended_otherwise_is_too_late_to_cancel(status: str) -> None:
    """The refusal says how it ended, and the job stays so."""
    ports = make_ports({}, limited())
    job = ports.jobs.save(replace(make_job(ports, "v"), status=status))

    with pytest.raises(Clash, match=f"is {status}, which is too late"):
        cancels(ports, job)

    assert latest(ports, job) == job


def test_another_tenants_job_is_no_job() -> None:
    """As if it did not exist."""
    ports = make_ports({}, limited())
    job = make_job(ports, "v")

    with pytest.raises(NotFound):
        cancel(ports, "stranger", job.id)

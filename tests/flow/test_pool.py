"""A full pool: fair turns, first in first out within a tenant, places that are given back, one pump."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.flow import attempt, chain, pool, turn
from gateway.flow.front import Caller
from gateway.flow.ports import Ports
from gateway.flow.pump import PAUSE_S, pump
from gateway.plan import Limits, Plan
from tests import builders
from tests.builders import make_ports, plan_of
from tests.flow import steps

ROUTE = "version: 1\nmodels: {v: {operations: [text_to_video], targets: [fal/fal-ai/veo3.1], deadline: 10h}}"
POOL = "fal#ours#global"


def limited(limits: Limits) -> Plan:
    """Compile one route at fal with these limits."""
    plan = plan_of(ROUTE)
    return replace(plan, providers=plan.providers | {"fal": replace(plan.providers["fal"], limits=limits)})


def queued(ports: Ports, tenant: str, count: int) -> list[str]:
    """Accept jobs of a tenant and send each as far as it goes; return their ids in order."""
    ids = []
    for number in range(count):
        ports = replace(ports, random=lambda size, number=number: number.to_bytes(size))
        caller = Caller(tenant, f"key_{tenant}", "pro", ("submit",))
        job = replace(builders.make_job(ports, "v"), tenant=caller.tenant)
        job = replace(job, id=f"gw_{tenant}_{number:03}")
        ports.jobs.create(job)
        moved = chain.advance(ports, job)
        if isinstance(moved, chain.Wait):
            chain.enter_queue(ports, moved.job, moved.hop, job.id)
        ids.append(job.id)
    return ids


def turns(ports: Ports, rounds: int) -> list[str]:
    """Let the pump work for a while; return who went, in order."""
    for _ in range(2 * rounds):
        pump(ports, POOL)
        ports.sleep(PAUSE_S)
    return list(ports.tokens.answered)  # type: ignore[attr-defined]


def test_tenants_that_wait_together_take_turns_however_many_jobs_each_has() -> None:
    """Forty jobs of one do not stand in the way of five of the other."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    queued(ports, "large", 40)
    small = queued(ports, "small", 5)

    gone = turns(ports, 12)

    places = [gone.index(job) for job in small]
    assert places == sorted(places)
    assert places[-1] <= 11


def test_jobs_of_one_tenant_go_in_the_order_they_came() -> None:
    """First in, first out."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    ids = queued(ports, "a", 20)

    gone = turns(ports, 12)

    assert gone == [job for job in ids if job in gone]
    assert len(gone) > 12


def test_slots_are_one_interval_apart_and_none_is_lost() -> None:
    """Sixty a minute: sixty starts, a second apart, in a minute."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    ids = queued(ports, "a", 60)
    turns(ports, 40)

    at = sorted(latest_of(ports, "a", job).attempt.slot_at for job in ids)

    assert [round(later - first, 6) for first, later in pairwise(at)] == [1.0] * 59


def test_nobody_jumps_the_queue() -> None:
    """A new job finds the pool full while others wait, even where a slot is near."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    queued(ports, "a", 10)
    ports.sleep(60)

    moved = chain.advance(ports, builders.make_job(ports, "v"))

    assert isinstance(moved, chain.Wait)


def test_a_place_is_given_back_when_its_attempt_ends_and_wakes_the_queue() -> None:
    """One call at a time: the second job waits until the first is done, not a moment longer."""
    ports = make_ports({"POST queue.fal.run": [builders.answer({}, 500)]}, limited(Limits(concurrent=1)))
    first, second = queued(ports, "a", 2)
    assert turns(ports, 3) == []
    rung = len(ports.bell.rung)  # type: ignore[attr-defined]

    attempt.start(ports, latest_of(ports, "a", first), 1)

    assert ports.bell.rung[rung:] == [(POOL, 0)]  # type: ignore[attr-defined]
    assert turns(ports, 1) == [second]


def test_a_place_that_a_dead_step_took_at_another_target_is_free_when_the_step_is_tried_again() -> None:
    """It is in no trace, so nobody would give it back before the job's deadline."""
    route = ROUTE.replace("fal/fal-ai/veo3.1", "fal/fal-ai/veo3.1, google/veo-3.1-generate-001")
    ports = make_ports(
        {},
        plan_of(
            route, "version: 1\nproviders: {fal: {secret: f}, google: {secret: g, limits: {concurrent: 1}}}"
        ),
    )
    job = builders.make_job(ports, "v")
    ports.jobs.create(job)
    pool.take(ports, job, job.chain[1], 2)  # the first try found the first target broken, and died here

    went = chain.advance(ports, job, again=True)

    assert isinstance(went, chain.Go)
    assert went.attempt.provider == "fal"
    assert ports.leases.holders["google#ours#global"] == {}  # type: ignore[attr-defined]


def test_places_of_jobs_that_never_came_back_are_free_after_their_deadline() -> None:
    """A lost job does not hold its place for ever."""
    ports = make_ports({}, limited(Limits(concurrent=1)))
    queued(ports, "a", 2)
    ports.sleep(10 * 3600 + pool.LEASE_S + 1)

    newcomer = builders.make_job(ports, "v")
    found = pool.take(ports, newcomer, newcomer.chain[0], 5, from_queue=True)

    assert not isinstance(found, pool.Full)


def test_a_place_given_back_while_the_pump_was_at_work_is_not_overheard() -> None:
    """The bell of that place found the pump busy and was let go; the pump rings it again at its end."""
    ports = make_ports({}, limited(Limits(concurrent=1)))
    first, _ = queued(ports, "a", 2)
    ports = replace(ports, queue=LateQueue(ports, f"{first}-1"))
    ports.bell.rung.clear()  # type: ignore[attr-defined]

    pump(ports, POOL)

    assert ports.bell.rung == [(POOL, 0)]  # type: ignore[attr-defined]


class LateQueue:
    """A queue whose pump is overtaken: a place comes back between its last look and its end."""

    def __init__(self, ports: Ports, holder: str) -> None:
        self._ports, self._holder = ports, holder

    def end_pump(self, name: str, until: float = 0) -> None:
        """Give the place back first."""
        self._ports.leases.give_back(name, self._holder)
        self._ports.queue.end_pump(name, until)

    def __getattr__(self, name: str) -> object:
        return getattr(self._ports.queue, name)


def test_a_second_pump_lets_the_first_one_work() -> None:
    """Bells ring often; one pump at a time serves a pool."""
    ports = make_ports({}, limited(Limits(rpm=6000)))
    queued(ports, "a", 600)
    ports.queue.begin_pump(POOL, ports.now())

    assert pump(ports, POOL) == 0


def test_what_a_dead_pump_left_half_done_is_finished() -> None:
    """A job that has its slot already, but whose workflow was never told, is told once."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    ids = queued(ports, "a", 10)
    waiting = ports.queue.first(POOL, 1)[0]
    job = latest_of(ports, "a", waiting.job)
    ports.sleep(10)
    turn.take_turn(ports, job, waiting.hop, Counter())

    gone = turns(ports, 1)

    assert gone[0] == waiting.job
    assert len(latest_of(ports, "a", waiting.job).attempts) == 1
    assert set(gone) <= set(ids)


def test_a_job_that_ended_while_it_waited_is_passed_over() -> None:
    """Its workflow is told, and its slot goes to the next one."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    ids = queued(ports, "a", 10)
    waiting = [each.job for each in ports.queue.first(POOL, 10)]
    ended = replace(latest_of(ports, "a", waiting[0]), status="canceled")
    ports.jobs.save(ended)

    gone = turns(ports, 10)

    assert ports.tokens.answered[waiting[0]] == {"outcome": "end"}  # type: ignore[attr-defined]
    assert set(waiting) <= set(gone) <= set(ids)


def test_a_waiting_job_knows_its_position_and_about_when_it_starts() -> None:
    """The position counts down as the queue moves."""
    ports = make_ports({}, limited(Limits(rpm=60)))
    ids = queued(ports, "a", 30)
    before = pool.turn_of(ports, latest_of(ports, "a", ids[-1]))
    turns(ports, 5)

    after = pool.turn_of(ports, latest_of(ports, "a", ids[-1]))

    assert before is not None
    assert after is not None
    assert after[0] < before[0]
    assert after[1] == pytest.approx(before[1], abs=6)


def test_the_whole_way_through_the_queue_delivers() -> None:
    """The workflow's loop over a full pool ends with the file."""
    ports = make_ports(steps.fal_works(), limited(Limits(rpm=60)))
    queued(ports, "other", 8)

    ended = steps.run_workflow(ports, builders.make_job(ports, "v"))

    assert ended.status == "succeeded"


def latest_of(ports: Ports, tenant: str, job_id: str):
    """Read a job by its ids."""
    found = ports.jobs.get(tenant, job_id)
    assert found is not None
    return found


def test_a_newcomer_that_finds_no_slot_wakes_who_waited_for_its_place() -> None:
    """It took the place that another waited for, and gave it back: the bell must not be forgotten."""
    ports = make_ports({}, limited(Limits(rpm=60, concurrent=1)))
    queued(ports, "a", 2)
    ports.sleep(10 * 3600 + pool.LEASE_S + 1)
    ports.bell.rung.clear()  # type: ignore[attr-defined]

    found = pool.take(ports, builders.make_job(ports, "v"), latest_of(ports, "a", "gw_a_000").chain[0], 2)

    assert isinstance(found, pool.Full)
    assert ports.bell.rung == [(POOL, 0)]  # type: ignore[attr-defined]

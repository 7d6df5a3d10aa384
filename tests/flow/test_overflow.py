"""A slot that is too far away: shed keeps its word, divert moves at once, a key's own rate keeps its word."""

from dataclasses import replace

import pytest

from gateway.domain.circuit import FAILURES
from gateway.domain.job import Job
from gateway.errors import CallerError, RateLimited
from gateway.flow import chain, front
from gateway.flow.ports import Ports
from gateway.flow.pump import pump
from tests.builders import CALLER, make_job, make_ports, plan_of
from tests.fakes.clock import START

GOOGLE, FAL = "google#ours#global", "fal#ours#global"


def ports_of(overflow: str, max_wait: str, limits: str = "rpm: 7, burst: 2", tier: str = "") -> Ports:
    """Make ports over one video model at two providers, the first one with these limits."""
    providers = f"""
version: 1
providers:
  google: {{secret: g, limits: {{{limits}}}}}
  fal: {{secret: f, limits: {{rpm: 60}}}}
"""
    routes = f"""
version: 1
tiers: {{pro: {{{tier}}}}}
models:
  v:
    operations: [text_to_video]
    targets: [google/veo-3.1-generate-001, fal/fal-ai/veo3.1]
    overflow: {overflow}
    max_wait: {max_wait}
"""
    return make_ports({}, plan_of(routes, providers))


def submit(ports: Ports, number: int) -> Job:
    """Accept a job and send it as far as it goes: to its slot, or into the queue."""
    job = make_job(replace(ports, random=lambda size: number.to_bytes(size)), "v")
    moved = chain.advance(ports, job)
    return chain.enter_queue(ports, job, moved.hop, job.id) if isinstance(moved, chain.Wait) else moved.job


def refused(ports: Ports, number: int) -> int:
    """Submit a job that is sent away; return after how many seconds it may come back."""
    with pytest.raises(CallerError, match="has no free slot") as caught:
        submit(ports, number)
    assert (caught.value.status, caught.value.code) == (429, "pool_full")
    return int(caught.value.headers["retry-after"])


def pass_time(ports: Ports, seconds: int) -> None:
    """Let the pump work in the meantime."""
    for _ in range(seconds):
        pump(ports, GOOGLE)
        ports.sleep(1)


@pytest.mark.parametrize(("max_wait", "slots"), [("0s", 2), ("1s", 2), ("9s", 3), ("20s", 4), ("60s", 9)])
def test_a_retry_after_the_time_that_shed_told_is_taken_and_one_a_second_before_is_not(
    max_wait: str, slots: int
) -> None:
    """With no patience, with a slot given out ahead, and with a queue that moves on in the meantime."""
    ports = ports_of("shed", max_wait)
    for number in range(slots):
        submit(ports, number)

    after_s = refused(ports, slots)

    pass_time(ports, after_s - 1)
    assert refused(ports, slots) == 1
    pass_time(ports, 1)
    submit(ports, slots)
    assert refused(ports, slots + 1) in (8, 9)


def test_a_job_that_its_tier_refuses_takes_nothing_from_the_pool() -> None:
    """One job at a time for this key: the second leaves slot and place of the pool to others."""
    ports = ports_of("shed", "0s", "rpm: 7, burst: 2, concurrent: 5", "concurrent: 1")
    first = submit(ports, 1)
    before = dict(ports.pacers.arrivals)  # type: ignore[attr-defined]

    with pytest.raises(CallerError, match="jobs of a key run at once"):
        submit(ports, 2)

    assert ports.pacers.arrivals == before  # type: ignore[attr-defined]
    assert list(ports.leases.holders[GOOGLE]) == [f"{first.id}-1"]  # type: ignore[attr-defined]


def test_a_job_that_its_pool_refuses_takes_nothing_from_its_key() -> None:
    """Sent away until there is a slot, a key has as many places as before."""
    ports = ports_of("shed", "0s", tier="concurrent: 3")
    first, second = submit(ports, 1), submit(ports, 2)

    refused(ports, 3)

    assert list(ports.leases.holders["key#key_1"]) == [first.id, second.id]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("max_wait", "behind_s"), [("60s", 61.0), ("1s", 1.1), ("0s", 0.1)])
def test_divert_moves_at_once_from_a_pool_that_is_too_far_behind(max_wait: str, behind_s: float) -> None:
    """The next target's slot is this very moment, and the full pool is left as it was."""
    ports = ports_of("divert", max_wait, "rpm: 7")
    ports.pacers.arrivals[GOOGLE] = START + behind_s  # type: ignore[attr-defined]

    job = submit(ports, 1)

    assert (job.attempt.provider, job.attempt.slot_at, job.created_at) == ("fal", START, START)
    assert ports.pacers.arrivals[GOOGLE] == START + behind_s  # type: ignore[attr-defined]
    assert (ports.queue.waiting, ports.now()) == ({}, START)  # type: ignore[attr-defined]


def test_divert_moves_at_once_from_a_pool_without_a_place() -> None:
    """Nobody knows when the running call ends, so it is not waited for."""
    ports = ports_of("divert", "60s", "concurrent: 1")

    first, second = submit(ports, 1), submit(ports, 2)

    assert [job.attempt.provider for job in (first, second)] == ["google", "fal"]
    assert (second.attempt.slot_at, ports.now()) == (START, START)


@pytest.mark.parametrize(("max_wait", "behind_s"), [("1s", 1.0), ("60s", 2.0)])
def test_divert_stays_for_a_slot_that_is_near(max_wait: str, behind_s: float) -> None:
    """A slot inside the patience, and near enough to be given out, is taken."""
    ports = ports_of("divert", max_wait, "rpm: 7")
    ports.pacers.arrivals[GOOGLE] = START + behind_s  # type: ignore[attr-defined]

    job = submit(ports, 1)

    assert (job.attempt.provider, job.attempt.slot_at) == ("google", START + behind_s)


def test_divert_waits_in_the_queue_of_a_pool_that_is_inside_the_patience() -> None:
    """Half a minute away with a minute's patience: the first target keeps its job."""
    ports = ports_of("divert", "60s", "rpm: 7")
    ports.pacers.arrivals[GOOGLE] = START + 30  # type: ignore[attr-defined]

    assert submit(ports, 1).pool == GOOGLE


@pytest.mark.parametrize(("google_s", "fal_s", "pool"), [(500, 90, FAL), (90, 500, GOOGLE)])
def test_divert_waits_where_the_turn_comes_first_when_all_are_far_behind(
    google_s: float, fal_s: float, pool: str
) -> None:
    """With nowhere to go at once, the nearest slot is the best."""
    ports = ports_of("divert", "60s")
    ports.pacers.arrivals |= {GOOGLE: START + google_s, FAL: START + fal_s}  # type: ignore[attr-defined]

    assert submit(ports, 1).pool == pool


def test_a_keys_retry_after_is_kept_to_the_second() -> None:
    """Seven a minute: the eighth is told nine seconds; after eight it is refused again, after nine let in."""
    ports = ports_of("wait", "60s", tier="rpm: 7")
    told = [front.admit(ports, CALLER)["ratelimit-remaining"] for _ in range(7)]

    with pytest.raises(RateLimited) as caught:
        front.admit(ports, CALLER)
    ports.sleep(8)
    with pytest.raises(RateLimited) as again:
        front.admit(ports, CALLER)
    ports.sleep(1)

    assert told == ["6", "5", "4", "3", "2", "1", "0"]
    assert [each.value.headers["retry-after"] for each in (caught, again)] == ["9", "1"]
    assert front.admit(ports, CALLER)["ratelimit-remaining"] == "0"


def test_shed_goes_to_the_first_target_that_works() -> None:
    """Google's circuit is open: the job has its slot at fal at once."""
    ports = ports_of("shed", "0s")
    for _ in range(FAILURES):
        ports.circuits.failed("google/veo-3.1-generate-001#global", ports.now())

    job = submit(ports, 1)

    assert (job.attempt.provider, job.attempt.hop) == ("fal", 1)


def test_shed_tells_how_long_a_call_takes_where_only_its_end_makes_room() -> None:
    """One call at once: the next may come when a video is usually done."""
    ports = ports_of("shed", "0s", limits="concurrent: 1")
    first = submit(ports, 1)

    after_s = refused(ports, 2)

    assert after_s == ports.plan.models[f"google/{first.attempt.model}"].usual_s

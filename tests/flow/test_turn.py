"""A waiting job's turn: its slot, or another target that would start it sooner; refusals come back."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import adapt, view
from gateway.domain.circuit import FAILURES
from gateway.domain.pacing import Full, Pace
from gateway.flow import attempt, chain, pool, turn
from gateway.flow.pump import pump
from gateway.plan import Headroom, Limits, Plan, Provider, Tier
from gateway.wire import ErrorRule
from tests.builders import CALLER, answer, make_job, make_ports, plan_of
from tests.flow import steps
from tests.flow.steps import latest, run_workflow

TWO = """
version: 1
models:
  v: {operations: [text_to_video], targets: [google/veo-3.1-generate-001, fal/fal-ai/veo3.1], deadline: 1h}
  w: {operations: [text_to_video], targets: [fal/fal-ai/veo3.1], deadline: 1h}
"""
GOOGLE, FAL = "google#ours#global", "fal#ours#global"
GOOGLES_TARGET = "google/veo-3.1-generate-001#global"
EVEN = Pace(interval_s=1, tolerance_s=0)


def limited(overflow: str = "wait", **providers: Limits) -> Plan:
    """Compile the two routes with these limits and this policy."""
    plan = plan_of(TWO)
    changed = {name: replace(plan.providers[name], limits=limits) for name, limits in providers.items()}
    routes = {name: replace(route, overflow=overflow) for name, route in plan.routes.items()}
    return replace(plan, providers=plan.providers | changed, routes=routes)


def waiting_at_google(ports: Any, token: str) -> Any:
    """Fill Google's near slots, and put a job into its queue."""
    ports.pacers.push(GOOGLE, EVEN, ports.now() + 30)
    moved = chain.advance(ports, make_job(ports, "v"))
    assert isinstance(moved, chain.Wait)
    return chain.enter_queue(ports, moved.job, moved.hop, token)


def test_a_job_leaves_the_queue_of_a_target_that_has_broken_down() -> None:
    """Google's circuit opens while the job waits there, and fal works: it is sent back to its chain."""
    ports = make_ports({}, limited(google=Limits(rpm=60)))
    job = waiting_at_google(ports, "t")
    for _ in range(FAILURES):
        ports.circuits.failed(GOOGLES_TARGET, ports.now())

    pump(ports, GOOGLE)

    assert ports.tokens.answered["t"] == {"outcome": "again"}
    assert (latest(ports, job).pool, ports.queue.first(GOOGLE, 1)) == ("", [])
    assert chain.advance(ports, latest(ports, job)).attempt.provider == "fal"


def test_a_job_whose_other_targets_are_broken_too_stays() -> None:
    """Better a place in this queue than a walk in a circle."""
    ports = make_ports({}, limited(google=Limits(rpm=60)))
    waiting_at_google(ports, "t")
    for _ in range(FAILURES):
        ports.circuits.failed(GOOGLES_TARGET, ports.now())
        ports.circuits.failed("fal/fal-ai/veo3.1#global", ports.now())

    pump(ports, GOOGLE)

    assert ports.tokens.answered == {}


def test_divert_sends_waiting_jobs_on_when_their_provider_asks_for_a_long_pause() -> None:
    """Google says Retry-After 300: the jobs in its queue go where there is room, as many as it pays for.

    A minute of waiting is borne anyway, and at fal every further job waits twenty seconds more.
    """
    ports = make_ports({}, limited("divert", google=Limits(rpm=60), fal=Limits(rpm=3)))
    jobs = [in_the_queue(ports, number) for number in range(20)]
    ports.pacers.push(GOOGLE, EVEN, ports.now() + 300)

    pump(ports, GOOGLE)

    sent = [token for token, told in ports.tokens.answered.items() if told == {"outcome": "again"}]
    assert sent == [job.id for job in jobs][:12]


def test_nobody_is_sent_on_to_a_pool_without_a_free_place() -> None:
    """It would come straight back, and walk in a circle."""
    ports = make_ports({}, limited("divert", google=Limits(rpm=60), fal=Limits(concurrent=1)))
    ports.leases.take(FAL, "another", 1, ports.now() + 3600, ports.now())
    in_the_queue(ports, 1)
    ports.pacers.push(GOOGLE, EVEN, ports.now() + 300)

    pump(ports, GOOGLE)

    assert ports.tokens.answered == {}


def in_the_queue(ports: Any, number: int) -> Any:
    """Put a job of its own id into Google's queue."""
    job = replace(make_job(ports, "v"), id=f"gw_{number:02}")
    ports.jobs.create(job)
    return chain.enter_queue(ports, job, 0, job.id)


def test_without_divert_they_wait() -> None:
    """`overflow: wait` keeps to the route's order."""
    ports = make_ports({}, limited("wait", google=Limits(rpm=60)))
    in_the_queue(ports, 1)
    ports.pacers.push(GOOGLE, EVEN, ports.now() + 300)

    pump(ports, GOOGLE)

    assert ports.tokens.answered == {}


def test_a_job_whose_deadline_passes_in_the_queue_takes_no_slot() -> None:
    """It ends as expired; nothing is started."""
    ports = make_ports({}, limited(google=Limits(rpm=60)))
    job = waiting_at_google(ports, "t")
    ports.sleep(3601)

    moved = turn.take_turn(ports, latest(ports, job), 0, Counter())

    assert isinstance(moved, chain.End)
    assert ports.pacers.arrivals[GOOGLE] < ports.now()


def test_a_refusal_at_the_last_target_is_waited_out() -> None:
    """429 and again 429: the job comes back after the provider's pause, and the caller sees none of it."""
    script = steps.fal_works() | {"POST queue.fal.run": [refusal(20), refusal(20), steps.FAL_ACCEPTED]}
    ports = make_ports(script, limited(fal=Limits(rpm=60)))
    begun = ports.now()

    ended = run_workflow(ports, make_job(ports, "w"))

    assert ended.status == "succeeded"
    assert [each.error for each in ended.attempts] == ["capacity", "capacity", ""]
    assert ended.attempts[2].started_at - begun >= 40


def test_a_target_that_keeps_refusing_is_given_up() -> None:
    """Five refusals over more than a minute and a half are an answer."""
    ports = make_ports({"POST queue.fal.run": [answer({}, 429)]}, limited())
    begun = ports.now()

    ended = run_workflow(ports, make_job(ports, "w"))

    assert (ended.status, len(ended.attempts)) == ("failed", 5)
    assert ports.now() - begun > 100


def refusal(seconds: int) -> Any:
    """Answer 429 with a pause."""
    return answer({"detail": "busy"}, 429, **{"retry-after": str(seconds)})


def test_a_refusal_slows_the_whole_pool_down() -> None:
    """The next slots are further apart, for every worker."""
    ports = make_ports({"POST queue.fal.run": [refusal(3)]}, limited(fal=Limits(rpm=60)))
    moved = chain.advance(ports, make_job(ports, "w"))

    attempt.start(ports, moved.job, 1)

    assert adapt.share_at(ports.pacers.look(FAL).slow, ports.now()) == adapt.KEPT
    found = pool.take(ports, make_job(ports, "w"), moved.job.chain[0], 1)
    assert isinstance(found, Full)


def test_a_provider_that_says_no_call_is_left_is_left_alone() -> None:
    """Its headers come with a success; nothing starts before the instant that they name."""
    accepted = replace(steps.FAL_ACCEPTED, headers={"x-left": "0", "x-reset": "30s"})
    plan = limited(fal=Limits(rpm=600))
    fal = replace(plan.providers["fal"], headroom=Headroom("x-left", "x-reset"))
    ports = make_ports({"POST queue.fal.run": [accepted]}, with_provider(plan, fal))
    moved = chain.advance(ports, make_job(ports, "w"))

    attempt.start(ports, moved.job, 1)

    found = pool.take(ports, make_job(ports, "w"), moved.job.chain[0], 0)
    assert found.retry_after_s == pytest.approx(30)


def with_provider(plan: Plan, provider: Provider) -> Plan:
    """Put a provider in the place of the one of its name."""
    return replace(plan, providers=plan.providers | {provider.name: provider})


def test_a_model_with_limits_of_its_own_is_a_pool_of_its_own() -> None:
    """Veo may start six times a minute; what else Google serves is not held up by it."""
    plan = limited(google=Limits(rpm=60))
    veo = replace(plan.models["google/veo-3.1-generate-001"], limits=Limits(rpm=6))
    ports = make_ports({}, replace(plan, models=plan.models | {"google/veo-3.1-generate-001": veo}))

    moved = [chain.advance(ports, make_job(ports, "v")) for _ in range(2)]

    assert isinstance(moved[0], chain.Go)
    assert isinstance(moved[1], chain.Wait)
    assert list(ports.pacers.arrivals) == [f"{GOOGLE}#veo-3.1-generate-001"]


@pytest.mark.parametrize(("n", "gap_s"), [(1, 2), (4, 8)])
def test_images_a_minute_are_kept_to_by_what_each_call_asks_for(n: int, gap_s: float) -> None:
    """Thirty images a minute: a call for four takes the time of four."""
    routes = "version: 1\nmodels: {i: {operations: [text_to_image], targets: [openai/gpt-image-2]}}"
    plan = plan_of(routes)
    openai = replace(plan.providers["openai"], limits=Limits(rpm=60, ipm=30))
    ports = make_ports({}, with_provider(plan, openai))
    jobs = [make_job(ports, "i", n=n) for _ in range(2)]

    slots = [pool.take(ports, job, job.chain[0], 60).at for job in jobs]

    assert slots[1] - slots[0] == pytest.approx(gap_s)


def test_a_tiers_overflow_takes_the_place_of_the_routes() -> None:
    """Who pays less does not wait: the route says wait, the tier says shed."""
    plan = limited("wait", google=Limits(rpm=1))
    tiers = {CALLER.tier: Tier(overflow="shed", max_wait_s=0)}
    ports = make_ports({}, replace(plan, tiers=tiers))

    job = make_job(ports, "v")

    assert (job.overflow, job.max_wait_s) == ("shed", 0)


def test_an_attempt_says_how_it_found_its_targets_circuit() -> None:
    """The one call that tries a broken target again is called a probe in the trace."""
    ports = make_ports({}, limited())
    for _ in range(FAILURES):
        ports.circuits.failed(GOOGLES_TARGET, ports.now())
    ports.sleep(31)

    moved = chain.advance(ports, make_job(ports, "v"))

    shown = view.job_document(moved.job, "https://x", lambda: b"s")
    assert shown["attempts"][0]["circuit"] == "probing"


def test_a_target_that_a_deployment_took_away_is_passed_over_also_in_the_queue() -> None:
    """The job was accepted under another plan; it goes on with what is left of its chain."""
    ports = make_ports({}, limited(google=Limits(rpm=60)))
    waiting_at_google(ports, "t")
    models = {name: model for name, model in ports.plan.models.items() if model.provider != "google"}
    later = replace(ports, plan=replace(ports.plan, models=models))

    pump(later, GOOGLE)

    assert later.tokens.answered["t"] == {"outcome": "again"}
    assert chain.advance(later, make_job_of(ports)).attempt.provider == "fal"


def make_job_of(ports: Any) -> Any:
    """Accept a job under the plan as it was."""
    return make_job(replace(ports, random=lambda count: bytes(count)), "v")


def test_a_pump_that_breaks_lets_the_next_one_begin() -> None:
    """Its bell comes back before its lease would have run out."""
    ports = make_ports({}, limited(google=Limits(rpm=60)))
    waiting_at_google(ports, "t")

    with pytest.raises(AttributeError):
        pump(replace(ports, jobs=None), GOOGLE)

    assert ports.queue.begin_pump(GOOGLE, ports.now())


def test_an_overloaded_provider_is_left_alone_for_a_moment_and_not_slowed_down() -> None:
    """503 says nothing about how fast we may call: the pool pauses, and goes on at its pace."""
    ports = make_ports({"POST queue.fal.run": [overloaded()]}, limited(fal=Limits(rpm=60)))
    fal = replace(ports.plan.providers["fal"], errors=(ErrorRule("capacity", (503,)),))
    ports = replace(ports, plan=with_provider(ports.plan, fal))
    moved = chain.advance(ports, make_job(ports, "w"))

    attempt.start(ports, moved.job, 1)

    assert ports.pacers.look(FAL).slow == adapt.FULL_PACE
    assert ports.pacers.look(FAL).arrival == ports.now() + 2


def overloaded() -> Any:
    """Answer 503."""
    return answer({"detail": "overloaded"}, 503)

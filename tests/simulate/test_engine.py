"""Whole runs: waits, fairness, chains, refusals, deadlines."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.plan import Limits, Tier
from sluice.simulate import Down, Traffic, simulate
from tests.simulate.world import FAL, THREE, USUAL_S, plan


def test_a_steady_load_below_the_limit_never_waits() -> None:
    result = simulate(plan(), Traffic(rpm=50, duration_s=3600))

    assert (result.jobs, result.succeeded) == (3000, 3000)
    assert (result.waits_s(50), result.waits_s(99), result.waits_s(100)) == (0, 0, 0)
    assert result.pools["google/global"].queue_most == 0


def test_a_burst_takes_exactly_its_slots() -> None:
    result = simulate(plan(limits="{rpm: 60, burst: 5}"), Traffic(shape="burst", jobs=600), record=True)

    pool = result.pools["google/global"]
    assert [start.at_s for start in result.log] == [0.0] * 5 + [float(at) for at in range(1, 596)]
    assert (pool.used_percent, pool.used_waiting_percent) == (100, 100)
    assert (result.succeeded, result.callers_429, result.ours_429, pool.most_in_60_s) == (600, 0, 0, 64)
    assert (result.waits_s(50), result.waits_s(100)) == (295, 595)


def test_tenants_share_evenly_while_both_wait() -> None:
    traffic = Traffic(shape="burst", tenants={"big": 500, "small": 100})

    result = simulate(plan(), traffic, record=True)

    last = max(start.at_s for start in result.log if start.tenant == 1)
    both = Counter(start.tenant for start in result.log if start.at_s <= last)
    assert both[1] == 100
    assert both[0] == pytest.approx(100, rel=0.1)
    assert result.waits_s(99, "small") < result.waits_s(50, "big")


def test_three_pools_serve_their_sum_and_a_dead_one_costs_only_its_share() -> None:
    """
    60 a minute over three pools of 20; with one down, 40 are served and no caller sees an error.
    Five failures open its circuit; then only those fail that had a slot, and the probes at growing pauses.
    """
    files = plan("overflow: divert\n    max_wait: 0s", THREE, "{rpm: 20}")
    traffic = Traffic(rpm=60, duration_s=1800, down=(Down("fal", 600, 1200),))

    result = simulate(files, traffic, record=True)

    served = Counter(int(start.at_s // 60) for start in result.log if start.served)
    probes = [start.at_s for start in result.log if not start.served][-4:]
    assert {served[minute] for minute in range(1, 10)} == {60}
    assert all(served[minute] in (40, 41) for minute in range(11, 20))
    assert (result.succeeded, result.failed, result.expired, result.callers_429) == (1800, 0, 0, 0)
    assert (result.ours_429, result.attempts[2]) == (0, 12)
    assert [round(after - before) for before, after in pairwise(probes)] == [61, 121, 241]


def test_a_wait_policy_stays_with_its_first_target() -> None:
    result = simulate(plan("", THREE), Traffic(shape="burst", jobs=50))

    assert result.starts == {"google/global": 50, "fal/global": 0, "openai/global": 0}


def test_weights_share_the_jobs_out_and_the_seed_is_the_same_run() -> None:
    """
    Three of four jobs begin at the first target, by the gateway's own draw.
    """
    files = plan("order: weighted\n    weights: {google/gemini-3-pro-image: 6, openai/gpt-image-2: 1}", THREE)
    traffic = Traffic(rpm=30, duration_s=24 * 3600)

    result = simulate(files, traffic)

    assert simulate(files, traffic).starts == result.starts
    shares = [result.starts[f"{name}/global"] / result.jobs for name in ("google", "fal", "openai")]
    assert shares == pytest.approx([0.75, 0.125, 0.125], abs=0.02)


def test_a_customers_jobs_stay_with_their_target() -> None:
    """
    A sticky order goes by the tenant: each has all its jobs in one pool.
    """
    tenants = {f"t{n}": 1 for n in range(20)}

    result = simulate(plan("order: sticky", THREE), Traffic(rpm=30, jobs=400, tenants=tenants), record=True)

    assert len({(start.tenant, start.pool) for start in result.log}) == 20
    assert len({start.pool for start in result.log}) == 3


def test_shed_tells_a_time_at_which_the_retry_finds_a_place(tmp_path: Path) -> None:
    files = plan("overflow: shed\n    max_wait: 5s")
    arrivals = tmp_path / "arrivals.csv"
    arrivals.write_text("at_s\n" + "0\n" * 7)
    refused = simulate(files, Traffic(shape="csv", csv=arrivals), record=True)
    assert [refusal.retry_after_s for refusal in refused.refusals] == [1]

    arrivals.write_text("at_s\n" + "0\n" * 7 + "0.999\n1\n")
    again = simulate(files, Traffic(shape="csv", csv=arrivals), record=True)

    assert (again.succeeded, again.refused) == (7, {"pool_full": 2})
    assert [refusal.at_s for refusal in again.refusals] == [0, 0.999]


def test_a_chain_at_its_end_fails_the_job_and_later_jobs_recover() -> None:
    traffic = Traffic(rpm=30, duration_s=240, down=(Down("google", 60, 120),))

    result = simulate(plan(), traffic)

    assert (result.succeeded, result.failed) == (90, 30)


def test_an_error_class_that_the_route_does_not_name_ends_the_job() -> None:
    traffic = Traffic(jobs=5, down=(Down("google", 0, 60),))

    assert simulate(plan("'on': [capacity]", THREE), traffic).failed == 5
    assert simulate(plan("", THREE), traffic).succeeded == 5


def test_a_call_that_is_not_done_by_the_deadline_is_no_success() -> None:
    """
    What comes with the first answer is delivered however late; what is asked for later, only if it is done.
    """
    at_once = simulate(plan("deadline: 30s"), Traffic(shape="burst", jobs=60))
    looked_for = simulate(plan("deadline: 30s", FAL), Traffic(shape="burst", jobs=60))

    # Slots are given out two seconds ahead, the last ones at the 29th second.
    assert (at_once.succeeded, at_once.expired) == (32, 28)
    # The look at the deadline finds the job of the 19th second undone.
    assert (looked_for.succeeded, looked_for.expired) == (19, 41)


def test_a_slot_that_is_near_is_taken_at_once_and_a_later_one_waited_for_in_the_queue() -> None:
    result = simulate(plan(), Traffic(shape="burst", jobs=6), record=True)

    assert [start.at_s for start in result.log] == [0, 1, 2, 3, 4, 5]
    assert result.pools["google/global"].queue_most == 3


def test_a_model_with_limits_of_its_own_has_a_pool_of_its_own_that_counts_images() -> None:
    """
    Thirty images a minute: a call for two of them takes four seconds of the pool's time.
    """
    files = plan("", FAL)
    own = replace(files.models[FAL], limits=Limits(ipm=30))
    files = replace(files, models=files.models | {FAL: own})

    result = simulate(files, Traffic(shape="burst", jobs=3, parameters={"n": 2}), record=True)

    assert [(start.at_s, start.pool) for start in result.log] == [
        (at, "fal/global/fal-ai/nano-banana-pro") for at in (0, 4, 8)
    ]


def test_only_a_slot_within_max_wait_keeps_a_job_from_the_next_target() -> None:
    files = plan("overflow: divert\n    max_wait: 1s", THREE, "{rpm: 60}")

    result = simulate(files, Traffic(shape="burst", jobs=6), record=True)

    assert [(start.at_s, start.pool) for start in result.log] == [
        (at, f"{name}/global") for name in ("google", "fal", "openai") for at in (0, 1)
    ]


def test_a_place_that_nobody_knows_the_end_of_is_not_waited_for_while_another_target_is_free() -> None:
    files = plan("overflow: divert\n    max_wait: 1h", THREE, "{concurrent: 1}")

    result = simulate(files, Traffic(shape="burst", jobs=3))

    assert set(result.starts.values()) == {1}


def test_a_place_is_held_until_a_look_finds_the_call_done() -> None:
    """
    Of 12.5 s: the first look after 11 s finds nothing, the next two come two and three seconds later.
    """
    files = plan("", FAL, "{concurrent: 1}", usual_s=12.5)

    result = simulate(files, Traffic(shape="burst", jobs=2), record=True)

    assert [start.at_s for start in result.log] == [0, 13]


def test_an_open_circuit_is_tried_anyway_where_no_target_is_left() -> None:
    traffic = Traffic(rpm=60, duration_s=60, down=(Down("google", 0, 30),))

    result = simulate(plan(), traffic)

    assert (result.failed, result.succeeded, result.starts["google/global"]) == (30, 30, 60)


def test_a_tier_refuses_what_is_beyond_its_rate_and_its_places() -> None:
    tiers = "{slow: {rpm: 3}, narrow: {concurrent: 2}}"
    files = plan(limits="{rpm: 600, burst: 100}", tiers=tiers)
    burst = Traffic(shape="burst", tenants={"a": 5, "b": 2})

    slow = simulate(files, replace(burst, tier="slow"), record=True)
    narrow = simulate(files, replace(burst, tier="narrow"), record=True)

    assert (slow.refused, slow.succeeded) == ({"rate_limited": 2}, 5)
    assert (narrow.refused, narrow.succeeded) == ({"too_many_jobs": 3}, 4)
    assert {refusal.retry_after_s for refusal in slow.refusals} == {20}
    assert {refusal.tenant for refusal in narrow.refusals} == {0}


def test_a_tenants_place_is_free_again_when_its_job_has_ended() -> None:
    files = plan(limits="{rpm: 600}", tiers="{one: {concurrent: 1}}")

    result = simulate(files, Traffic(rpm=30, jobs=13, tier="one"), record=True)

    assert [start.at_s for start in result.log] == [0, USUAL_S, 2 * USUAL_S]


def test_a_provider_that_takes_less_than_configured_is_found_out_and_kept_to() -> None:
    """
    It answers 429 a few times, the pool goes slower, and what was refused is served by the next target.
    """
    traffic = Traffic(rpm=60, duration_s=600, real={"google": 20})

    alone, chained = simulate(plan(), traffic), simulate(plan("", THREE), traffic)

    google = chained.pools["google/global"]
    assert google.most_in_60_s == 20
    assert 0 < google.over_limit == chained.ours_429 == chained.attempts[2] < 30
    assert (chained.succeeded, alone.succeeded, alone.starts["google/global"] - 600) == (
        600,
        600,
        alone.ours_429,
    )
    assert alone.end_s < 1.2 * 600 * 3


def test_the_cost_is_the_list_price_of_what_was_served() -> None:
    result = simulate(plan(), Traffic(jobs=10))

    assert result.served == {"google/gemini-3-pro-image": 10}
    assert result.cost_micros == {"google": 1_340_000}


def test_every_job_has_one_end() -> None:
    files = plan("overflow: divert\n    deadline: 2m", THREE, "{rpm: 20, concurrent: 3, burst: 4}")
    files = replace(files, tiers={"narrow": Tier(rpm=60, concurrent=100)})
    traffic = Traffic(
        shape="daily",
        jobs=3000,
        duration_s=7200,
        jitter=0.5,
        down=(Down("fal", 0, 3600),),
        real={"google": 10},
        tier="narrow",
    )

    result = simulate(files, traffic)

    ended = result.succeeded + result.failed + result.expired + result.callers_429
    assert ended == result.jobs == 3000
    assert sum(result.arrived_in) == 3000
    assert sum(result.pools["google/global"].starts_in) == result.starts["google/global"]


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    files = plan("overflow: divert", THREE, "{rpm: 20, concurrent: 3}")

    def run(seed: int) -> tuple[object, ...]:
        traffic = Traffic(shape="daily", jobs=500, tenants={"a": 2, "b": 1}, jitter=0.3, seed=seed)
        result = simulate(files, traffic, record=True)
        return result.log

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_hundred_thousand_jobs_keep_no_single_one() -> None:
    """
    A day at two thirds of the limit: the bounds are counts, and it is quick.
    """
    told: list[tuple[int, int]] = []

    result = simulate(
        plan(limits="{rpm: 120, burst: 10}"),
        Traffic(shape="daily", jobs=100_000, duration_s=86_400),
        progress=lambda done, of: told.append((done, of)),
    )

    assert result.succeeded == 100_000
    assert (result.log, result.refusals) == ((), ())
    assert told[-1] == (100_000, 100_000)

"""Whole runs: waits, fairness, chains, refusals, deadlines."""

from collections import Counter
from pathlib import Path

import pytest

from sluice.simulate import Down, Traffic, simulate
from tests.simulate.world import THREE, plan


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
    assert (result.succeeded, result.shed, result.ours_429, pool.most_in_60_s) == (600, 0, 0, 64)
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
    """
    files = plan("overflow: divert\n    max_wait: 0s", THREE, "{rpm: 20}")
    traffic = Traffic(rpm=60, duration_s=1800, down=(Down("fal", 600, 1200),))

    result = simulate(files, traffic, record=True)

    served = Counter(int(start.at_s // 60) for start in result.log if start.served)
    assert {served[minute] for minute in range(1, 10)} == {60}
    assert all(served[minute] in (40, 41) for minute in range(11, 20))
    assert (result.succeeded, result.failed, result.expired, result.shed) == (1800, 0, 0, 0)
    assert (result.ours_429, result.attempts[2]) == (0, 200)


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

    assert (again.succeeded, again.shed) == (7, 2)
    assert [refusal.at_s for refusal in again.refusals] == [0, 0.999]


def test_a_chain_at_its_end_fails_the_job_and_later_jobs_recover() -> None:
    traffic = Traffic(rpm=30, duration_s=240, down=(Down("google", 60, 120),))

    result = simulate(plan(), traffic)

    assert (result.succeeded, result.failed) == (90, 30)


def test_an_error_class_that_the_route_does_not_name_ends_the_job() -> None:
    traffic = Traffic(jobs=10, down=(Down("google", 0, 60),))

    assert simulate(plan("'on': [capacity]", THREE), traffic).failed == 10
    assert simulate(plan("", THREE), traffic).succeeded == 10


def test_a_call_that_is_not_done_by_the_deadline_is_no_success() -> None:
    result = simulate(plan("deadline: 30s"), Traffic(shape="burst", jobs=60))

    assert (result.succeeded, result.expired) == (19, 41)


def test_the_cost_is_the_list_price_of_what_was_served() -> None:
    result = simulate(plan(), Traffic(jobs=10))

    assert result.served == {"google/gemini-3-pro-image": 10}
    assert result.cost_micros == {"google": 1_340_000}


def test_every_job_has_one_end() -> None:
    files = plan("overflow: divert\n    deadline: 2m", THREE, "{rpm: 20, concurrent: 3, burst: 4}")
    traffic = Traffic(shape="daily", jobs=3000, duration_s=7200, jitter=0.5, down=(Down("fal", 0, 3600),))

    result = simulate(files, traffic)

    assert result.succeeded + result.failed + result.expired + result.shed == result.jobs == 3000
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

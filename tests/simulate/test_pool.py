"""The pool on the virtual clock against the gateway's pure functions, and the limit in any window."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from gateway.domain import pacing
from gateway.domain.pacing import Slot
from gateway.plan import Limits
from sluice.simulate.arrivals import MINUTE, SECOND
from sluice.simulate.pool import Pool, ticks_of
from tests.simulate.world import run_pool

INSTANTS = some.lists(some.integers(0, 5 * MINUTE), min_size=1, max_size=200)
LIMITS = some.builds(Limits, rpm=some.integers(1, 700), burst=some.integers(1, 12))


def instants(limits: Limits, arrivals: list[int], **more: int) -> list[int]:
    """Return when the calls of one tenant start."""
    result = run_pool(limits, [(at, 0) for at in arrivals], **more)
    return [round(start.at_s * SECOND) for start in result.log]


@given(LIMITS, INSTANTS)
def test_starts_are_the_slots_that_the_gateway_would_reserve(limits: Limits, arrivals: list[int]) -> None:
    """
    A queue that starts each job when it can is the same as reserving the slots ahead, in order of arrival.
    """
    pace = pacing.pace_of(limits)
    assert pace is not None
    pace = ticks_of(pace)
    ahead, arrival = [], None
    for now in sorted(arrivals):
        slot, arrival = pacing.reserve(arrival, now, pace, 10**15)
        assert isinstance(slot, Slot)
        ahead.append(slot.at)

    assert instants(limits, arrivals) == ahead


@given(LIMITS, INSTANTS)
def test_no_minute_has_more_than_the_rate_and_the_burst(limits: Limits, arrivals: list[int]) -> None:
    starts = instants(limits, arrivals)

    most = max(sum(at <= each < at + MINUTE for each in starts) for at in starts)

    assert most <= (limits.rpm or 0) + limits.burst - 1


@given(LIMITS, INSTANTS)
def test_the_bystander_counts_what_is_there(limits: Limits, arrivals: list[int]) -> None:
    result = run_pool(limits, [(at, 0) for at in arrivals])

    starts = [round(start.at_s * SECOND) for start in result.log]
    most = max(sum(at <= each < at + MINUTE for each in starts) for at in starts)
    assert (result.pools["google/global"].most_in_60_s, result.ours_429) == (most, 0)


def test_the_bystander_sees_a_pool_that_is_too_fast() -> None:
    """
    The count of our own 429s does not follow from the pace: a pool with a wrong one is found out.
    """
    pool = Pool("p/r", "p", Limits(rpm=60, burst=2), bin_us=SECOND)

    for start in range(100):
        pool.count(start * SECOND // 2)

    assert (pool.most_in_60_s, pool.over_limit) == (100, 39)


@given(some.integers(1, 8), some.integers(1, 30), INSTANTS)
def test_no_more_calls_at_once_than_allowed(places: int, service_s: int, arrivals: list[int]) -> None:
    service_us = service_s * SECOND
    starts = instants(Limits(concurrent=places), arrivals, service_us=service_us)

    assert all(sum(at - service_us < each <= at for each in starts) <= places for at in starts)
    assert len(starts) == len(arrivals)


@given(some.lists(some.tuples(some.integers(0, MINUTE), some.integers(0, 3)), min_size=1, max_size=150))
def test_a_tenant_is_served_in_order_and_everybody_is_served(arrivals: list[tuple[int, int]]) -> None:
    result = run_pool(Limits(rpm=60), arrivals)

    for tenant in range(4):
        came = [start.at_s - start.waited_s for start in result.log if start.tenant == tenant]
        assert [round(at * 1000) for at in came] == sorted(round(at * 1000) for at in came)
    assert Counter(start.tenant for start in result.log) == Counter(tenant for _, tenant in arrivals)


def test_a_job_that_waits_past_its_deadline_expires_and_leaves_its_slot_to_others() -> None:
    result = run_pool(Limits(rpm=6), [(0, 0), (0, 0), (0, 0), (25 * SECOND, 0)], deadline_s=15)

    assert (result.succeeded, result.expired) == (3, 1)
    assert [start.at_s for start in result.log] == [0, 10, 25]


def test_the_depth_of_the_queue_stands_in_points_without_a_change() -> None:
    result = run_pool(Limits(rpm=2), [(0, 0), (0, 0), (0, 0)])

    assert result.pools["google/global"].depth_in == (2, 2, 2, 1, 1, 1, 0)

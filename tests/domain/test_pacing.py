"""The pace of a pool: never more than its burst and its rate, whoever asks and whenever."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace, Slot
from gateway.plan import Limits

# Whole numbers, so that the arithmetic is exact and a bound is a bound.
PACES = st.builds(
    lambda interval, burst: Pace(interval, (burst - 1) * interval), st.integers(1, 50), st.integers(1, 8)
)
ARRIVALS = st.lists(st.integers(0, 40), min_size=1, max_size=60)


def served(pace: Pace, gaps: list[int], horizon_s: float) -> list[tuple[float, Slot | Full]]:
    """Let callers come with these pauses between them; return when each came and what it was told."""
    arrival, now, told = None, 1000, []
    for gap in gaps:
        now += gap
        decision, after = pacing.reserve(arrival, now, pace, horizon_s)
        arrival = arrival if after is None else after
        told.append((now, decision))
    return told


def starts(told: list[tuple[float, Slot | Full]]) -> list[float]:
    return [decision.at for _, decision in told if isinstance(decision, Slot)]


@given(PACES, ARRIVALS, st.integers(0, 500))
def test_no_window_has_more_starts_than_burst_and_rate(pace: Pace, gaps: list[int], horizon: int) -> None:
    """
    Between any two starts lie at least as many intervals as calls, less the burst.
    """
    slots = starts(served(pace, gaps, horizon))
    burst = pace.tolerance_s // pace.interval_s + 1

    for first in range(len(slots)):
        for last in range(first, len(slots)):
            assert last - first + 1 <= burst + (slots[last] - slots[first]) / pace.interval_s


@given(PACES, ARRIVALS, st.integers(0, 500))
def test_slots_come_in_order_and_never_in_the_past(pace: Pace, gaps: list[int], horizon: int) -> None:
    """
    Who asks later starts later, and nobody starts before asking or after the horizon.
    """
    told = served(pace, gaps, horizon)

    assert starts(told) == sorted(starts(told))
    assert all(now <= decision.at <= now + horizon for now, decision in told if isinstance(decision, Slot))


@given(PACES, ARRIVALS, st.integers(0, 20))
def test_who_comes_back_when_told_finds_a_slot(pace: Pace, gaps: list[int], horizon: int) -> None:
    """
    A full pool names the very instant from which there is a place again, and not a later one.
    """
    arrival, now = None, 1000
    for gap in gaps:
        now += gap
        decision, after = pacing.reserve(arrival, now, pace, horizon)
        if isinstance(decision, Full):
            early, _ = pacing.reserve(arrival, now + decision.retry_after_s - Fraction(1, 10), pace, horizon)
            on_time, _ = pacing.reserve(arrival, now + decision.retry_after_s, pace, horizon)
            assert (type(early), type(on_time)) == (Full, Slot)
        arrival = arrival if after is None else after


@given(PACES, st.integers(0, 100))
def test_a_pool_is_used_to_the_full(pace: Pace, horizon: int) -> None:
    """
    Callers who all come at once get the burst at once, and then one slot an interval.
    """
    slots = starts(served(pace, [0] * 30, horizon))
    burst = int(pace.tolerance_s // pace.interval_s + 1)

    assert slots == [1000 + max(0, n + 1 - burst) * pace.interval_s for n in range(len(slots))]
    assert len(slots) == min(30, burst + horizon // pace.interval_s)


def test_a_pool_that_rested_has_its_burst_again_and_no_more() -> None:
    """
    Time that nobody used is not saved up.
    """
    pace = Pace(interval_s=10, tolerance_s=10)

    slots = starts(served(pace, [0, 0, 10_000, 0, 0], 60))

    assert [at - slots[0] for at in slots] == [0, 0, 10_000, 10_000, 10_010]


def test_a_full_pool_leaves_its_clock_alone() -> None:
    """
    Who is sent away does not push the others back.
    """
    decision, after = pacing.reserve(220, 100, Pace(10, 10), 60)

    assert (decision, after) == (Full(retry_after_s=50), None)


@pytest.mark.parametrize(
    ("limits", "pace"),
    [
        (Limits(), None),
        (Limits(concurrent=5, burst=9), None),
        (Limits(rpm=60), Pace(1, 0)),
        (Limits(rpm=120, burst=10), Pace(0.5, 4.5)),
        (Limits(rpm=1, burst=2), Pace(60, 60)),
    ],
)
def test_a_limit_becomes_an_interval_and_a_tolerance(limits: Limits, pace: Pace | None) -> None:
    """
    Calls a minute are seconds between calls; no rate is no pace.
    """
    assert pacing.pace_of(limits) == pace


@given(PACES, st.integers(0, 1000), st.integers(0, 1000))
def test_the_store_and_the_arithmetic_agree(pace: Pace, ahead: int, now: int) -> None:
    """
    A slot worked out afterwards, from the arrival time alone, is the slot that was given.
    """
    decision, after = pacing.reserve(now + ahead, now, pace, 2000)

    assert after is not None
    assert pacing.slot_before(after, now, pace) == decision


@pytest.mark.parametrize(("usual_s", "wait_s"), [(100, 85), (3, 2.55), (1, 1), (0, 1)])
def test_the_first_look_is_shortly_before_the_usual_end(usual_s: float, wait_s: float) -> None:
    """
    A model that usually takes long is not asked early.
    """
    assert pacing.first_look_s(usual_s) == pytest.approx(wait_s)


@given(st.floats(0, 3600), st.integers(0, 40))
def test_later_looks_have_growing_pauses_within_bounds(usual_s: float, polls: int) -> None:
    """
    Never below a second, never above half a minute, never shorter than before.
    """
    pause, following = pacing.next_look_s(usual_s, polls), pacing.next_look_s(usual_s, polls + 1)

    assert 1 <= pause <= following <= 30


def test_a_job_that_is_late_is_looked_at_soon_and_then_less_often() -> None:
    """
    For a model of 20 s the pauses are 3 s, 4.5 s, 6.75 s, and at the end half a minute.
    """
    assert [pacing.next_look_s(20, polls) for polls in (0, 1, 2, 3, 9)] == [3, 3, 4.5, 6.75, 30]

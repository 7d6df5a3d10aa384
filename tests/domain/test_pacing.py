"""How a limit becomes a pace, and when a running job is looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace
from gateway.plan import Limits


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

"""A pool that its provider refuses goes slower at once, and faster again with time."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import adapt, pacing
from gateway.domain.adapt import FULL_PACE, KEPT, LEAST, RECOVERY_S, TOGETHER_S, Backlog, Slowdown
from gateway.domain.pacing import Full, Pace


@given(st.lists(st.floats(0, 600), min_size=1, max_size=60))
def test_a_share_is_never_more_than_all_and_never_nothing(gaps: list[float]) -> None:
    """However many refusals come, some calls go."""
    slow, now = FULL_PACE, 1000.0

    for gap in gaps:
        now += gap
        slow = adapt.refused(slow, now)

    assert LEAST <= adapt.share_at(slow, now) <= 1


def test_refusals_that_come_together_count_once() -> None:
    """Ten calls were under way when the provider began to refuse."""
    slow = FULL_PACE

    for second in range(10):
        slow = adapt.refused(slow, 1000 + second / 10)

    assert slow == Slowdown(KEPT, 1000)
    assert adapt.refused(slow, 1000 + TOGETHER_S).share < slow.share


def test_a_pool_that_is_refused_no_more_comes_back_to_its_full_pace() -> None:
    """The share grows evenly, and `until` names the end."""
    slow = Slowdown(0.4, since=1000)

    shares = [adapt.share_at(slow, 1000 + minute * 60) for minute in range(31)]

    assert all(later >= earlier for earlier, later in pairwise(shares))
    assert adapt.share_at(slow, slow.until) == pytest.approx(1)
    assert slow.until == 1000 + 0.6 * RECOVERY_S


@pytest.mark.parametrize(("real", "refusals"), [(10, 0.07), (20, 0.03), (40, 0.02)])
def test_a_real_limit_below_the_configured_one_is_found_and_kept_to(real: int, refusals: float) -> None:
    """Configured for 60: in the second hour few calls are refused, and most of what is real is used."""
    taken, refused = run_against(real, configured=60, hours=2)

    late = [at for at in taken if at > 3600]

    assert len([at for at in refused if at > 3600]) <= refusals * len(late)
    assert len(late) >= 0.75 * real * 60


def run_against(real: int, configured: int, hours: int) -> tuple[list[float], list[float]]:
    """Send calls as fast as slots allow to a provider with a sliding minute of its own."""
    pace, slow, arrival, now = Pace(60 / configured, 0), FULL_PACE, 0.0, 0.0
    taken: list[float] = []
    refused: list[float] = []
    while now < hours * 3600:
        found, after = pacing.reserve(arrival, now, adapt.slowed(pace, adapt.share_at(slow, now)), 600)
        assert not isinstance(found, Full)
        now, arrival = found.at, after or arrival
        if len([at for at in taken[-real:] if at > now - 60]) < real:
            taken.append(now)
        else:
            refused.append(now)
            slow, arrival = adapt.refused(slow, now), max(arrival, taken[-real] + 60)
    return taken, refused


def test_the_estimate_counts_who_is_ahead_and_how_slow_the_pool_goes() -> None:
    """Half the pace is twice the wait."""
    backlog = Backlog(arrival=1030, slow=Slowdown(0.5, since=1000))

    wait_s = adapt.starts_in_s(backlog, Pace(10, 0), now=1000, ahead=3)

    assert wait_s == pytest.approx(30 + 3 * 20)

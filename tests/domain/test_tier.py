"""What a key is told of its rate is what happens: remaining calls go, a retry after its time is let in."""

import doctest
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import pacing, tier
from gateway.domain.pacing import Full, Pace, Slot
from gateway.domain.tier import Allowed, Refused
from gateway.plan import Tier

# Exact fractions of a second, so that a bound is a bound; a day's worth of calls in a few gaps.
PACES = st.integers(1, 100).map(lambda rpm: Pace(Fraction(60, rpm), 60 - Fraction(60, rpm)))
GAPS = st.lists(st.fractions(0, 20, max_denominator=1000), min_size=1, max_size=120)
NOON = 1_795_348_800.0


def told(pace: Pace, gaps: list[Fraction]) -> list[tuple[Fraction, Fraction | None, Allowed | Refused]]:
    """Let calls come with these pauses; return when each came, the arrival time after it, and its answer."""
    arrival, now, log = None, Fraction(1000), []
    for gap in gaps:
        now += gap
        answer, after = tier.admit(arrival, now, pace)
        arrival = arrival if after is None else after
        log.append((now, arrival, answer))
    return log


@given(PACES, GAPS)
def test_a_retry_after_the_time_told_is_let_in_and_one_before_is_not(
    pace: Pace, gaps: list[Fraction]
) -> None:
    """
    The whole seconds of the header are enough; the exact time less a moment is not.
    """
    for now, arrival, answer in told(pace, gaps):
        if isinstance(answer, Refused):
            after_s = int(tier.headers(answer)["retry-after"])
            grain = Fraction(1, 100_000)

            assert isinstance(pacing.reserve(arrival, now + after_s + grain, pace, 0)[0], Slot)
            assert isinstance(pacing.reserve(arrival, now + answer.retry_after_s, pace, 0)[0], Slot)
            early = now + answer.retry_after_s - Fraction(1, 10**6)
            assert isinstance(pacing.reserve(arrival, early, pace, 0)[0], Full)
            assert after_s - 1 < answer.retry_after_s + grain


@given(PACES, GAPS)
def test_as_many_calls_go_as_were_told(pace: Pace, gaps: list[Fraction]) -> None:
    """
    The remaining calls go at once, and the next one does not.
    """
    now, arrival, answer = told(pace, gaps)[-1]
    left = answer.remaining if isinstance(answer, Allowed) else 0

    more = told_again(pace, arrival, now, left + 1)

    assert [isinstance(each, Allowed) for each in more] == [True] * left + [False]
    assert [each.remaining for each in more[:-1]] == list(range(left))[::-1]


def told_again(pace: Pace, arrival: Fraction | None, now: Fraction, calls: int) -> list[Allowed | Refused]:
    """Let some calls come at one instant."""
    answers = []
    for _ in range(calls):
        answer, after = tier.admit(arrival, now, pace)
        arrival = arrival if after is None else after
        answers.append(answer)
    return answers


@given(PACES, GAPS)
def test_after_the_reset_the_whole_minute_is_there_again(pace: Pace, gaps: list[Fraction]) -> None:
    """
    The reset is the time of the full limit.
    """
    for now, arrival, answer in told(pace, gaps):
        if isinstance(answer, Allowed):
            assert tier.remaining(arrival, now + answer.reset_s, pace) == answer.limit
            assert tier.remaining(arrival, now + answer.reset_s - Fraction(1, 100), pace) < answer.limit


@pytest.mark.parametrize("rpm", [1, 7, 36, 60, 70, 1000])
@pytest.mark.parametrize("now", [NOON, NOON + 0.123, NOON + 0.9876543])
def test_it_holds_with_times_of_day_as_floats(rpm: int, now: float) -> None:
    """
    A used up minute gives one call back when told, give or take ten microseconds.
    """
    pace = tier.pace_of(Tier(rpm=rpm))
    assert pace
    arrival = now + rpm * pace.interval_s

    answer, _ = tier.admit(arrival, now, pace)
    after_s = int(tier.headers(answer)["retry-after"])

    assert tier.remaining(arrival, now, pace) == 0
    assert after_s == max(1, -(-60 // rpm))
    assert isinstance(tier.admit(arrival, now + after_s + 0.00001, pace)[0], Allowed)


@pytest.mark.parametrize(
    ("rpm", "pace"), [(None, None), (1, Pace(60, 0)), (60, Pace(1, 59)), (120, Pace(0.5, 59.5))]
)
def test_a_tier_lets_a_minute_come_at_once(rpm: int | None, pace: Pace | None) -> None:
    """
    The tolerance is a minute less one interval; no rate is no pace.
    """
    assert tier.pace_of(Tier(rpm=rpm)) == pace


def test_a_caller_reads_whole_seconds() -> None:
    """
    Every field of both answers.
    """
    allowed, refused = Allowed(60, 12, 47.2), Refused(60, 0.4)

    assert tier.headers(allowed) == {
        "ratelimit-limit": "60",
        "ratelimit-remaining": "12",
        "ratelimit-reset": "48",
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "12",
        "x-ratelimit-reset-requests": "48s",
    }
    assert tier.headers(refused) == {
        "ratelimit-limit": "60",
        "ratelimit-remaining": "0",
        "ratelimit-reset": "1",
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "retry-after": "1",
    }


def test_examples_are_true() -> None:
    """
    What a docstring shows is what happens.
    """
    assert doctest.testmod(tier).failed == 0

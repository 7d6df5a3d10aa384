"""The pace of a pool, whoever asks and whenever: bounds, order, horizon, bursts, weights, clocks apart.

All bounds follow from one line. Let ``e`` be the pool's arrival time before a call, or ``now`` if that is
later, and ``c`` the call's interval. The slot is ``s = max(now, e - tolerance)``, so it is never after ``e``
nor before ``e - tolerance``, and the next call has ``e' >= e + c``. So from call i to a later call j

    s_j - s_i >= c_i + ... + c_(j-1) - tolerance

which means that the intervals of all calls of a window but its last lie between its first and its last start.
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace, Slot
from gateway.plan import Limits

START = Fraction(1000)
# Exact fractions of a second, so that a bound is a bound. All times below are in sixths of an interval.
PARTS = 6
LIMITS = st.integers(1, 6000).flatmap(
    lambda rpm: st.builds(Limits, st.just(rpm), burst=st.integers(1, min(rpm, 6)) | st.integers(1, rpm))
)
SMALL = st.builds(Limits, st.integers(1, 40), burst=st.integers(1, 12))
# A pause, and then so many callers together.
CROWDS = st.tuples(st.integers(0, 2 * PARTS) | st.integers(0, 10_000), st.integers(1, 12))
GAPS = st.lists(CROWDS, min_size=1, max_size=12).map(
    lambda crowds: [gap for pause, count in crowds for gap in (pause, *[0] * (count - 1))]
)
HORIZONS = st.integers(0, 100 * PARTS)
WINDOWS = st.integers(1, 30 * PARTS)
# How much of its burst a pool has behind it when a course begins.
USED = st.fractions(0, 1, max_denominator=12)
# A pause, so many calls of a worker, and how many seconds its clock is ahead of the true time.
LEADS = st.sampled_from((-2, 2)) | st.fractions(-2, 2, max_denominator=1000)
SKEWED = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12), LEADS), min_size=1, max_size=12)
# Pauses in seconds, each with the images of the call that follows.
IMAGES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), min_size=1, max_size=60)


def exact(limits: Limits) -> Pace:
    """Return the pace without the rounding of floats."""
    interval = Fraction(60, limits.rpm or 1)
    return Pace(interval, (limits.burst - 1) * interval)


def told(
    pace: Pace, gaps: list[int], horizon: float, used: Fraction = Fraction(0)
) -> list[tuple[Fraction, Fraction, Slot | Full]]:
    """Let callers come with these pauses; return when each came, the arrival time before it, its answer."""
    now, log = START, []
    arrival = now + used * (pace.tolerance_s + pace.interval_s)
    for gap in gaps:
        now += gap * pace.interval_s / PARTS
        decision, after = pacing.reserve(arrival, now, pace, horizon * pace.interval_s / PARTS)
        log.append((now, arrival, decision))
        arrival = arrival if after is None else after
    return log


def starts(log: list[tuple[Fraction, Fraction, Slot | Full]]) -> list[Fraction]:
    return [decision.at for _, _, decision in log if isinstance(decision, Slot)]


def most_in(at: list[Fraction], window_s: Fraction | int) -> int:
    """Count the starts in the fullest window of this length, its end not included."""
    return max((bisect_left(at, first + window_s) - n for n, first in enumerate(at)), default=0)


@given(LIMITS, GAPS, HORIZONS, USED, WINDOWS)
def test_no_window_has_more_starts_than_burst_and_rate(
    limits: Limits, gaps: list[int], horizon: int, used: Fraction, window: int
) -> None:
    """
    With intervals all alike, n starts take (n - burst) intervals at least.

    So a window with both its ends has at most floor(window / interval) + burst, and a minute without its
    end (60 s are rpm intervals) at most rpm + burst - 1.
    """
    pace = exact(limits)
    window_s = window * pace.interval_s / PARTS

    at = starts(told(pace, gaps, horizon, used))

    most = max((bisect_right(at, first + window_s) - n for n, first in enumerate(at)), default=0)
    assert most <= floor(window_s / pace.interval_s) + limits.burst
    assert most_in(at, window_s) <= ceil(window_s / pace.interval_s) + limits.burst - 1
    assert most_in(at, 60) <= (limits.rpm or 0) + limits.burst - 1


@given(SMALL)
def test_a_minute_can_have_exactly_the_rate_and_the_burst(limits: Limits) -> None:
    """
    The bound is no larger than it must be: a rested pool under full demand reaches it.
    """
    at = starts(told(exact(limits), [0] * 100, 10_000))

    assert most_in(at, 60) == (limits.rpm or 0) + limits.burst - 1


@given(LIMITS, GAPS, HORIZONS, USED)
def test_slots_come_in_order_inside_the_horizon_and_never_in_the_past(
    limits: Limits, gaps: list[int], horizon: int, used: Fraction
) -> None:
    """
    Who asks later starts later; the pool's clock never goes back.
    """
    pace = exact(limits)

    log = told(pace, gaps, horizon, used)

    assert starts(log) == sorted(starts(log))
    assert [arrival for _, arrival, _ in log] == sorted(arrival for _, arrival, _ in log)
    horizon_s = horizon * pace.interval_s / PARTS
    assert all(now <= slot.at <= now + horizon_s for now, _, slot in log if isinstance(slot, Slot))


@given(LIMITS, GAPS, st.integers(0, 2 * PARTS), USED)
def test_who_comes_back_when_told_finds_a_slot_and_not_a_moment_earlier(
    limits: Limits, gaps: list[int], horizon: int, used: Fraction
) -> None:
    """
    A full pool names the very instant at which the next slot comes inside the horizon.
    """
    pace = exact(limits)
    horizon_s = horizon * pace.interval_s / PARTS

    for now, arrival, full in told(pace, gaps, horizon, used):
        if isinstance(full, Full):
            again = now + full.retry_after_s
            early = now + full.retry_after_s * Fraction(999_999, 1_000_000)
            assert pacing.reserve(arrival, again, pace, horizon_s)[0] == Slot(again + horizon_s)
            assert isinstance(pacing.reserve(arrival, early, pace, horizon_s)[0], Full)


@given(SMALL, GAPS, HORIZONS)
def test_a_pool_that_rested_has_its_burst_again_and_no_more(
    limits: Limits, gaps: list[int], horizon: int
) -> None:
    """
    However long the rest: the burst starts back to back, then one call an interval.
    """
    pace = exact(limits)
    last, arrival, _ = told(pace, [*gaps, 0], horizon)[-1]
    rested = max(last, arrival) + gaps[0]

    at = []
    for _ in range(limits.burst + 3):
        slot, arrival = pacing.reserve(arrival, rested, pace, 10_000)
        at.append(slot.at - rested)

    assert at == [0] * limits.burst + [pace.interval_s * n for n in (1, 2, 3)]


@given(SMALL, st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_no_slot_is_lost_while_somebody_wants_one(limits: Limits, eagerness: list[int]) -> None:
    """
    If each caller comes before the next slot is due, however little, n calls take (n - burst) intervals.
    """
    pace, now, arrival, at = exact(limits), START, START, []

    for quarters in eagerness:
        now += max(Fraction(0), arrival - pace.tolerance_s - now) * quarters / 4
        slot, arrival = pacing.reserve(arrival, now, pace, 10_000)
        at.append(slot.at)

    assert at == [START + max(0, n - limits.burst) * pace.interval_s for n in range(1, len(at) + 1)]


@given(LIMITS, st.fractions(0, 100, max_denominator=PARTS), st.fractions(0, 100, max_denominator=PARTS))
def test_the_store_and_the_arithmetic_agree(limits: Limits, ahead: Fraction, now: Fraction) -> None:
    """
    A slot worked out afterwards, from the arrival time alone, is the slot that was given.
    """
    pace = exact(limits)
    decision, after = pacing.reserve(now + ahead, now, pace, 100)

    assert after is not None
    assert pacing.slot_before(after, now, pace) == decision


@given(LIMITS, GAPS)
def test_times_of_day_as_floats_move_no_slot_by_more_than_ten_microseconds(
    limits: Limits, gaps: list[int]
) -> None:
    """
    The pace that a plan gives, at an instant of these years: floats there are 0.24 microseconds apart.
    """
    pace, today = pacing.pace_of(limits), 1_790_000_000.0
    assert pace
    now, arrival, at = today, None, []

    for gap in gaps:
        now += gap * pace.interval_s / PARTS
        slot, arrival = pacing.reserve(arrival, now, pace, 10_000)
        at.append(slot.at - today)

    expected = [float(slot - START) for slot in starts(told(exact(limits), gaps, 10**9))]
    assert at == pytest.approx(expected, rel=0, abs=0.000_01)


@given(IMAGES, st.integers(1, 300), st.integers(1, 300), st.integers(0, 60))
def test_a_minute_has_less_than_the_limit_and_its_last_calls_images(
    calls: list[tuple[int, int]], rpm: int, ipm: int, tolerance_s: int
) -> None:
    """
    A call takes the interval that its dearest meter asks for; no meter is exceeded by more than one call.

    The intervals of all calls in a minute but the last are below 60 s and the tolerance. A call's interval is
    at least its units * 60 / limit, so the units of all but the last are below limit * (60 + tolerance) / 60:
    without a tolerance, below the limit.
    """
    at, now, arrival = [], START, None
    for gap_s, images in calls:
        now += gap_s
        cost_s = max(Fraction(60, rpm), Fraction(60 * images, ipm))
        slot, arrival = pacing.reserve(arrival, now, Pace(cost_s, tolerance_s), 10**6)
        at.append(slot.at)

    assert at == sorted(at)
    most_s = Fraction(60 + tolerance_s, 60)
    assert most_but_the_last(at, [images for _, images in calls]) < ipm * most_s
    assert most_but_the_last(at, [1] * len(calls)) < rpm * most_s


def most_but_the_last(at: list[Fraction], units: list[int]) -> int:
    """Sum the units of a minute's calls but its last one, in the fullest minute."""
    before = [0, *accumulate(units)]
    return max(before[bisect_left(at, first + 60) - 1] - before[n] for n, first in enumerate(at))


@given(SMALL, SKEWED, WINDOWS)
def test_clocks_that_differ_add_their_difference_to_a_window_and_no_more(
    limits: Limits, crowds: list[tuple[int, int, Fraction]], window: int
) -> None:
    """
    Each worker asks and starts by its own clock, up to 2 s fast or slow.

    A start's true time is its slot less its clock's lead, so two starts are nearer than their slots by at
    most the difference of the two clocks: a window has no more than one that is longer by the largest.
    """
    pace, true, arrival, at = exact(limits), START, None, []
    for pause, count, lead in crowds:
        true += pause * pace.interval_s / PARTS
        for _ in range(count):
            slot, arrival = pacing.reserve(arrival, true + lead, pace, 10**6)
            at.append(slot.at - lead)

    apart_s = max(lead for *_, lead in crowds) - min(lead for *_, lead in crowds)
    for window_s in (60, window * pace.interval_s / PARTS):
        assert (
            most_in(sorted(at), window_s) <= ceil((window_s + apart_s) / pace.interval_s) + limits.burst - 1
        )


@pytest.mark.parametrize(("apart_s", "most"), [(0, 60), (1, 61), (2, 62), (4, 64)])
def test_what_the_clocks_differ_is_what_a_minute_can_have_more(apart_s: int, most: int) -> None:
    """
    Sixty a minute: a worker that is slow starts late, the next ones are fast and start early.
    """
    leads = [*range(apart_s), *[apart_s] * 100]

    at = [slot - lead for slot, lead in zip(starts(told(Pace(1, 0), [0] * 100, 10**6)), leads, strict=False)]

    assert most_in(sorted(at), 60) == most

"""The pools' clocks in DynamoDB do what the arithmetic says, also for workers whose clocks differ."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from gateway.aws.pacers import Pacers
from gateway.aws.waiting import Queue
from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace, Slot
from gateway.plan import Limits
from tests.aws.test_circuits import Counting
from tests.cloud import client, small_cloud

TODAY = 1_790_000_000.0
# Times in 64ths of a second are exact as floats and as microseconds, so that both sides compute the same.
TICK_S = 1 / 64


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """The client of one cloud for all."""
    with small_cloud():
        yield client("dynamodb")


@pytest.fixture
def pacers(dynamodb: Any) -> Pacers:
    """The store that is tested."""
    return Pacers(dynamodb, "pacers")


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> str:
    """A pool that no other test uses."""
    return f"fal#{request.node.name}#us"


def skewed(calls: int) -> list[tuple[float, float]]:
    """Return true instants in order, each with the lead of the clock of whoever calls then: -2 s to 2 s."""
    dice, true, found = Random(7), TODAY, []  # noqa: S311 - the same course in every run
    for _ in range(calls):
        true += dice.choice((0, 0, 0, 1, 10, 300)) * TICK_S
        found.append((true, dice.randint(-128, 128) * TICK_S))
    return found


def test_the_store_gives_the_slots_of_the_arithmetic_to_clocks_that_differ(pacers: Pacers, pool: str) -> None:
    """48 a minute, three together, clocks up to 4 s apart: a minute has no more than 64 s may have."""
    pace, arrival, found, expected, starts = Pace(1.25, 2.5), None, [], [], []

    for true, lead in skewed(150):
        decision, after = pacing.reserve(arrival, true + lead, pace, 10)
        arrival = arrival if after is None else after
        expected.append(decision)
        found.append(pacers.reserve(pool, pace, true + lead, 10))
        starts += [decision.at - lead] if isinstance(decision, Slot) else []

    assert found == expected
    assert {type(each) for each in found} == {Slot, Full}
    assert 48 < max(sum(first <= at < first + 60 for at in starts) for first in starts) <= 52 + 3 - 1


@pytest.mark.parametrize("limits", [Limits(rpm=60), Limits(rpm=7, burst=3), Limits(rpm=700, burst=5)])
def test_a_refusals_time_is_exact_to_the_microsecond(pacers: Pacers, pool: str, limits: Limits) -> None:
    """A call at that instant gets the last slot of the horizon, one just before it none."""
    pace = pacing.pace_of(limits)
    assert pace
    answers = [pacers.reserve(pool, pace, TODAY, 1) for _ in range(20)]
    again = TODAY + next(each.retry_after_s for each in answers if isinstance(each, Full))

    early = pacers.reserve(pool, pace, again - 0.000_005, 1)
    on_time = pacers.reserve(pool, pace, again + 0.000_001, 1)

    assert isinstance(early, Full)
    assert on_time == Slot(pytest.approx(again + 1, rel=0, abs=0.000_01))


def test_a_pool_whose_interval_is_just_over_is_idle(pacers: Pacers, pool: str) -> None:
    """The instant of the next slot itself belongs to it: nobody waits for nothing."""
    pace = Pace(10, 0)

    slots = [pacers.reserve(pool, pace, now, 0) for now in (TODAY, TODAY + 10, TODAY + 20)]

    assert slots == [Slot(TODAY), Slot(TODAY + 10), Slot(TODAY + 20)]


def test_who_loses_the_race_for_an_idle_pool_gets_the_next_slot(
    dynamodb: Any, pacers: Pacers, pool: str
) -> None:
    """Another reserves just before the write."""
    racing, pace = Counting(dynamodb), Pace(10, 0)
    racing.before_write.append(lambda: pacers.reserve(pool, pace, TODAY, 60))

    assert Pacers(racing, "pacers").reserve(pool, pace, TODAY, 60) == Slot(TODAY + 10)


def test_a_queue_that_empties_between_two_looks_leaves_the_slot(dynamodb: Any, pool: str) -> None:
    """The pool was kept for who waited, and is idle a moment later: it is looked at once more."""
    racing, queue = Counting(dynamodb), Queue(dynamodb, "waiting", "pacers")
    place = queue.enter(pool, "a", "a0", 0, "token")
    racing.before_write += [lambda: None, lambda: queue.leave(pool, place)]

    assert Pacers(racing, "pacers").reserve(pool, Pace(10, 0), TODAY, 0) == Slot(TODAY)

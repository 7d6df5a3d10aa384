"""The pools' clocks against an AWS in memory: slow-downs are shared, found out, and forgotten in time."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.aws.pacers import Pacers
from gateway.domain import adapt
from gateway.domain.adapt import FULL_PACE, KEPT, RECOVERY_S
from gateway.domain.pacing import Full, Pace, Slot
from tests.cloud import client, small_cloud

POOL, PACE, NOW = "fal#ours#us", Pace(10, 0), 1_790_000_000.123456


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """A new cloud for each test."""
    with small_cloud():
        yield client("dynamodb")


def slots(pacers: Pacers, count: int, now: float) -> list[float]:
    """Reserve some slots; return how long after the first each one is."""
    found = [pacers.reserve(POOL, PACE, now, 1000) for _ in range(count)]
    at = [slot.at for slot in found if isinstance(slot, Slot)]
    return [round(each - at[0], 3) for each in at]


def test_a_refusal_that_one_worker_met_slows_all_of_them_down(dynamodb: Any) -> None:
    """The other worker believes the pool to be at its full pace, and finds out."""
    met, other = Pacers(dynamodb, "pacers"), Pacers(dynamodb, "pacers")
    slots(other, 1, NOW - 100)

    met.slow_down(POOL, NOW)

    assert slots(other, 3, NOW) == [0, round(10 / KEPT, 3), round(20 / KEPT, 3)]
    assert slots(met, 2, NOW + 1000)[1] < 10 / KEPT


def test_refusals_of_the_same_moment_are_one(dynamodb: Any) -> None:
    """Two workers met the same refusal."""
    one, other = Pacers(dynamodb, "pacers"), Pacers(dynamodb, "pacers")

    one.slow_down(POOL, NOW)
    other.slow_down(POOL, NOW + 1)

    assert adapt.share_at(other.look(POOL).slow, NOW) == KEPT


def test_after_its_time_a_pool_is_as_quick_as_before(dynamodb: Any) -> None:
    """A worker that never heard of the slow-down needs no further call for it."""
    Pacers(dynamodb, "pacers").slow_down(POOL, NOW)

    assert slots(Pacers(dynamodb, "pacers"), 2, NOW + RECOVERY_S) == [0, 10]


def test_a_pool_that_nobody_knows_stands_idle_at_its_full_pace(dynamodb: Any) -> None:
    """Looking makes nothing."""
    backlog = Pacers(dynamodb, "pacers").look(POOL)

    assert (backlog.arrival, backlog.waiting, backlog.slow) == (0, 0, FULL_PACE)


def test_a_push_of_a_slow_pool_holds_to_its_instant(dynamodb: Any) -> None:
    """With a burst, too, nothing starts before the provider allowed it."""
    pacers, pace = Pacers(dynamodb, "pacers"), Pace(10, 30)
    pacers.slow_down(POOL, NOW)

    pacers.push(POOL, pace, NOW + 60)

    assert isinstance(pacers.reserve(POOL, pace, NOW + 59.9, 0), Full)
    assert isinstance(pacers.reserve(POOL, pace, NOW + 60.1, 0), Slot)

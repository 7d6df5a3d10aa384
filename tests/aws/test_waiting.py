"""The queue of a full pool and its places, against an AWS in memory."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.aws.pacers import Pacers
from gateway.aws.waiting import Leases, Queue
from gateway.aws.workflow import Bell
from gateway.domain.fair import Waiting
from gateway.domain.pacing import Full, Pace, Slot
from tests.aws.test_circuits import Counting
from tests.cloud import client, small_cloud

POOL = "fal#ours#us"


@pytest.fixture
def cloud() -> Iterator[dict[str, str]]:
    """A new cloud for each test."""
    with small_cloud() as settings:
        yield settings


@pytest.fixture
def dynamodb(cloud: dict[str, str]) -> Any:
    """The client that the stores share."""
    return client("dynamodb")


@pytest.fixture
def queue(dynamodb: Any) -> Queue:
    """An empty queue."""
    return Queue(dynamodb, "waiting", "pacers")


def test_two_tenants_take_turns_and_each_keeps_its_order(queue: Queue) -> None:
    """Four of a before b came: b's jobs go between them."""
    for number in range(4):
        queue.enter(POOL, "a", f"a{number}", 0, "token")
    for number in range(2):
        queue.enter(POOL, "b", f"b{number}", 1, "token")

    order = [each.job for each in queue.first(POOL, 10)]

    assert order == ["a0", "b0", "a1", "b1", "a2", "a3"]
    assert queue.first(POOL, 10)[1].hop == 1


def test_who_leaves_out_of_turn_moves_nobody_elses_turn(queue: Queue) -> None:
    """The last of four goes: a newcomer of another tenant is still second."""
    places = [queue.enter(POOL, "a", f"a{number}", 0, "token") for number in range(4)]
    queue.leave(POOL, places[3], served=False)

    late = queue.enter(POOL, "b", "b0", 0, "token")

    assert queue.ahead(POOL, late) == 1


def test_who_waits_at_a_place_is_found_until_it_leaves(queue: Queue) -> None:
    """With the token that its workflow waits for."""
    place = queue.enter(POOL, "a", "a0", 2, "token")

    found = queue.find(POOL, place)
    queue.leave(POOL, place)

    assert found == Waiting(place, "a", "a0", 2, "token")
    assert queue.find(POOL, place) is None


def test_pools_that_somebody_waits_for_are_named_once_each(queue: Queue) -> None:
    """However many wait there; a pool that was served is not named."""
    for pool, count in {"b": 3, "a": 2, "c": 1}.items():
        places = [queue.enter(pool, "t", f"{pool}{number}", 0, "token") for number in range(count)]
    queue.leave("c", places[0])

    assert sorted(queue.pools()) == ["a", "b"]


def test_a_newcomer_does_not_overtake_what_has_waited_long(queue: Queue) -> None:
    """The pool's virtual time moves on with who leaves, so late tenants save nothing up."""
    places = [queue.enter(POOL, "a", f"a{number}", 0, "token") for number in range(4)]
    for place in places[:3]:
        queue.leave(POOL, place)

    late = queue.enter(POOL, "b", "b0", 0, "token")

    assert late > places[2]
    assert queue.ahead(POOL, late) == 1


def test_leaving_twice_counts_once(queue: Queue, dynamodb: Any) -> None:
    """The count of those who wait is right after a pump died and another did its work again."""
    place = queue.enter(POOL, "a", "a0", 0, "token")
    queue.enter(POOL, "a", "a1", 0, "token")
    queue.leave(POOL, place)
    queue.leave(POOL, place)

    item = dynamodb.get_item(TableName="pacers", Key={"pool": {"S": POOL}})["Item"]

    assert item["waiting"]["N"] == "1"


def test_a_slot_is_for_those_who_wait(queue: Queue, dynamodb: Any) -> None:
    """While a job waits, another finds the pool full, and is told how long the queue takes."""
    pacers, pace = Pacers(dynamodb, "pacers"), Pace(10, 0)
    place = queue.enter(POOL, "a", "a0", 0, "token")

    assert pacers.reserve(POOL, pace, 1000.0, 5) == Full(pytest.approx(10, abs=5.1))
    assert pacers.reserve(POOL, pace, 1000.0, 5, from_queue=True) == Slot(1000.0)
    queue.leave(POOL, place)
    assert pacers.reserve(POOL, pace, 1010.0, 5) == Slot(1010.0)


def test_one_pump_at_a_time_and_again_after_its_rest(queue: Queue) -> None:
    """A pump that is at work, or asleep until slots are near, is the only one."""
    assert queue.begin_pump(POOL, 1000.0)
    assert not queue.begin_pump(POOL, 1001.0)
    queue.end_pump(POOL, 1003.0)
    assert not queue.begin_pump(POOL, 1002.0)
    assert queue.begin_pump(POOL, 1003.5)
    queue.end_pump(POOL)
    assert queue.begin_pump(POOL, 1004.0)


def test_a_dead_pump_is_replaced(queue: Queue) -> None:
    """Its time runs out."""
    queue.begin_pump(POOL, 1000.0)

    assert queue.begin_pump(POOL, 1100.0)


def test_places_are_counted_given_back_and_freed_after_their_end(dynamodb: Any) -> None:
    """At most two at once; a holder keeps its own place; one that never came back is swept."""
    leases = Leases(dynamodb, "pacers")
    taken = [
        leases.take(POOL, holder, 2, until, 1000.0)
        for holder, until in (("x", 1010), ("y", 2000), ("z", 2000))
    ]

    assert taken == [True, True, False]
    assert leases.take(POOL, "y", 2, 2000, 1000.0)
    assert leases.take(POOL, "z", 2, 2000, 1020.0)
    assert not leases.take(POOL, "w", 2, 2000, 1020.0)
    leases.give_back(POOL, "z")
    assert leases.take(POOL, "w", 2, 2000, 1020.0)


def test_the_first_two_of_a_pool_do_not_shut_each_other_out(dynamodb: Any) -> None:
    """Another makes the pool's item, and takes one of two places, between a caller's look and its own try."""
    racing = Counting(dynamodb)
    other = Leases(dynamodb, "pacers")
    racing.before_write += [lambda: None, lambda: other.take(POOL, "other", 2, 2000, 1000.0)]

    assert Leases(racing, "pacers").take(POOL, "x", 2, 2000, 1000.0)
    assert not Leases(dynamodb, "pacers").take(POOL, "y", 2, 2000, 1000.0)


def test_who_gives_back_hears_whether_somebody_wants_it_once(dynamodb: Any) -> None:
    """The bell rings for a pool that waits, and not for one that does not."""
    leases = Leases(dynamodb, "pacers")
    for holder in ("x", "y"):
        leases.take(POOL, holder, 2, 2000, 1000.0)
    leases.want(POOL)

    assert leases.give_back(POOL, "x") is True
    assert leases.give_back(POOL, "y") is False
    assert leases.give_back(POOL, "y") is False


def test_sweeping_a_lost_holder_does_not_forget_who_asked(dynamodb: Any) -> None:
    """A newcomer takes the swept place; whoever waited is told when that one is given back."""
    leases = Leases(dynamodb, "pacers")
    leases.take(POOL, "lost", 1, 1010, 1000.0)
    leases.want(POOL)
    leases.take(POOL, "newcomer", 1, 2000, 1020.0)

    assert leases.give_back(POOL, "newcomer") is True


def test_a_bell_is_a_message_with_the_pools_name(cloud: dict[str, str]) -> None:
    """The pump reads which pool to serve."""
    sqs = client("sqs")

    Bell(lambda: sqs, cloud["BELLS"]).ring(POOL)

    assert sqs.receive_message(QueueUrl=cloud["BELLS"])["Messages"][0]["Body"] == POOL


def test_a_thousand_a_minute_are_not_rounded(dynamodb: Any) -> None:
    """Seventy a minute are 857 ms and a bit apart, for as long as it takes."""
    pacers, pace = Pacers(dynamodb, "pacers"), Pace(60 / 70, 0)

    last = [pacers.reserve(POOL, pace, 1000.0, 120) for _ in range(71)][-1]

    assert isinstance(last, Slot)
    assert last.at == pytest.approx(1060.0, abs=0.001)


def test_free_places_are_counted_without_those_that_never_came_back(dynamodb: Any) -> None:
    """Of three places one is held, and one was held by somebody who is late."""
    leases = Leases(dynamodb, "pacers")
    leases.take(POOL, "a", 3, until=2000, now=1000)
    leases.take(POOL, "b", 3, until=1100, now=1000)

    assert [leases.room(POOL, 3, now) for now in (1000, 1200)] == [1, 2]
    assert leases.room("nobody's", 3, 1000) == 3


def test_a_call_does_not_stand_behind_its_tenants_batch(queue: Queue) -> None:
    """Five lines wait; the call that comes then goes first, and another tenant has four turns to one."""
    pool = "batch#ours#global"
    for number in range(5):
        queue.enter(pool, "a", f"line{number}", 0, "token", batch="bat_1")
    queue.enter(pool, "a", "own", 0, "token")
    for number in range(8):
        queue.enter(pool, "b", f"b{number}", 0, "token")

    order = [each.job for each in queue.first(pool, 20)]

    assert order[0] in ("own", "b0")
    assert [job for job in order if job.startswith("line")] == [f"line{number}" for number in range(5)]
    assert order.index("line0") in (4, 5)
    assert order.index("line1") - order.index("line0") == 5

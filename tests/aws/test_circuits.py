"""The targets' circuits against an AWS in memory: what is shared, what is not written, who loses a race."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.aws.circuits import Circuits
from tests.cloud import client, small_cloud

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*")


class Counting:
    """A client that counts its calls, and lets something happen before a write."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: Counter[str] = Counter()
        self.before_write: list[Callable[[], None]] = []

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        return attribute if name == "exceptions" else self._counted(name, attribute)

    def _counted(self, name: str, attribute: Any) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls[name] += 1
            if name == "update_item" and self.before_write:
                self.before_write.pop(0)()
            return attribute(**arguments)

        return call


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """One cloud for all."""
    with small_cloud() as settings:
        yield settings


@pytest.fixture
def dynamodb(cloud: dict[str, str]) -> Counting:
    """A client that counts."""
    return Counting(client("dynamodb"))


@pytest.fixture
def target(request: pytest.FixtureRequest) -> str:
    """A target that no other test uses."""
    return f"fal/{request.node.name}#us"


@pytest.fixture
def other(cloud: dict[str, str]) -> Circuits:
    """Another worker."""
    return Circuits(client("dynamodb"), "pacers")


def test_a_healthy_target_costs_one_read_a_call(dynamodb: Counting, target: str) -> None:
    """Asking, and telling of the success a moment later, writes nothing."""
    circuits = Circuits(dynamodb, "pacers")

    assert circuits.ask(target, 1000) == "closed"
    circuits.succeeded(target, 1004)

    assert dynamodb.calls == {"get_item": 1}


def test_a_success_much_later_looks_again_and_writes_nothing(dynamodb: Counting, target: str) -> None:
    """What was read at the start of a long job is not trusted at its end."""
    circuits = Circuits(dynamodb, "pacers")
    circuits.ask(target, 1000)

    circuits.succeeded(target, 1060)

    assert dynamodb.calls == {"get_item": 2}


def test_five_failures_of_any_workers_open_for_all(dynamodb: Counting, other: Circuits, target: str) -> None:
    """The count is shared; so is the time of the next probe."""
    circuits = Circuits(dynamodb, "pacers")
    for n in range(5):
        (circuits, other)[n % 2].failed(target, 1000.5)

    assert circuits.ask(target, 1030.4) == "open"
    assert other.ask(target, 1030.4) == "open"
    assert other.states([target], 1001) == {target: ("open", 1030.5)}


def test_one_worker_gets_the_probe(dynamodb: Counting, other: Circuits, target: str) -> None:
    """Two that ask at the same time: the one who writes first goes."""
    circuits, told = Circuits(dynamodb, "pacers"), []
    break_down(other, target)
    dynamodb.before_write.append(lambda: told.append(other.ask(target, 1031)))

    told.append(circuits.ask(target, 1031))

    assert told == ["probing", "open"]
    assert other.states([target], 1032) == {target: ("probing", 1091)}


def test_a_probe_that_succeeds_closes_for_all(dynamodb: Counting, other: Circuits, target: str) -> None:
    """Nothing is left of the failures."""
    circuits = Circuits(dynamodb, "pacers")
    break_down(other, target)
    circuits.ask(target, 1031)

    circuits.succeeded(target, 1033)

    assert other.ask(target, 1033) == "closed"
    assert other.states([target], 1033) == {target: ("closed", None)}


def test_a_probe_that_fails_opens_for_longer(dynamodb: Counting, other: Circuits, target: str) -> None:
    """A minute, where it was half of one."""
    break_down(other, target)
    Circuits(dynamodb, "pacers").ask(target, 1031)

    other.failed(target, 1033)

    assert other.states([target], 1033) == {target: ("open", 1093)}


def test_a_lost_write_is_made_again_from_what_the_winner_left(
    dynamodb: Counting, other: Circuits, target: str
) -> None:
    """Two failures at the same time are two."""
    circuits = Circuits(dynamodb, "pacers")
    for _ in range(3):
        other.failed(target, 1000)
    dynamodb.before_write.append(lambda: other.failed(target, 1000))

    circuits.failed(target, 1000)

    assert other.ask(target, 1000) == "open"
    assert dynamodb.calls == {"get_item": 2, "update_item": 2}


def test_who_loses_twice_lets_it_go(dynamodb: Counting, other: Circuits, target: str) -> None:
    """A circuit is advice: no third try and no error."""
    circuits = Circuits(dynamodb, "pacers")
    dynamodb.before_write += [lambda: other.failed(target, 1000)] * 2

    circuits.failed(target, 1000)

    assert dynamodb.calls["update_item"] == 2
    assert other.ask(target, 1000) == "closed"


def test_news_that_change_nothing_are_not_written(dynamodb: Counting, other: Circuits, target: str) -> None:
    """Calls that were out when the circuit opened fail too."""
    break_down(other, target)

    Circuits(dynamodb, "pacers").failed(target, 1010)

    assert dynamodb.calls == {"get_item": 1}


def test_states_of_many_targets_are_read_in_batches(dynamodb: Counting, other: Circuits, target: str) -> None:
    """More than one batch, a name twice, names that nobody wrote."""
    break_down(other, target)
    many = [f"fal/{n}#us" for n in range(149)]

    states = Circuits(dynamodb, "pacers").states([target, *many, target], 1001)

    assert dynamodb.calls == {"batch_get_item": 2}
    assert states == {target: ("open", 1030), **dict.fromkeys(many, ("closed", None))}


def test_keys_that_a_batch_left_out_are_asked_for_again(
    dynamodb: Counting, other: Circuits, target: str
) -> None:
    """DynamoDB may answer a batch in parts."""
    break_down(other, target)

    states = Circuits(Sparing(dynamodb), "pacers").states([target, "fal/fine#us"], 1001)

    assert states == {target: ("open", 1030), "fal/fine#us": ("closed", None)}
    assert dynamodb.calls == {"batch_get_item": 2}


class Sparing:
    """A client that answers one key of a batch at a time."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """Answer the last key, and leave the others out."""
        keys = RequestItems["pacers"]["Keys"]
        answer = self._client.batch_get_item(RequestItems={"pacers": {"Keys": keys[-1:]}})
        left = {"pacers": {"Keys": keys[:-1]}} if keys[:-1] else {}
        return {**answer, "UnprocessedKeys": left}


def break_down(circuits: Circuits, target: str) -> None:
    """Open a target's circuit at 1000."""
    for _ in range(5):
        circuits.failed(target, 1000)

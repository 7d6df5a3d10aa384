"""The marks of providers' calls, against an AWS in memory."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.aws.callbacks import KEPT_S, KEYS_S, PREFIX, Callbacks
from infra.resources.machine import definition
from tests.cloud import client, small_cloud

NOW = 1_790_000_000.4
ID = {"hash": {"S": f"{PREFIX}gw_1-2"}}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """The client of a new cloud."""
    with small_cloud():
        yield client("dynamodb")


@pytest.fixture
def callbacks(dynamodb: Any) -> Callbacks:
    """No call was noted."""
    return Callbacks(dynamodb, "repeats")


def listen(dynamodb: Any, token: str) -> None:
    """Write a task down as the workflow's own state does, with what JSONata would fill in."""
    given = definition()["States"]["Listen"]["Arguments"]
    values = {":token": {"S": token}, ":until": {"N": str(int(NOW) + 60)}}
    assert set(values) == set(given["ExpressionAttributeValues"])
    dynamodb.update_item(
        TableName="repeats",
        Key=ID,
        UpdateExpression=given["UpdateExpression"],
        ConditionExpression=given["ConditionExpression"],
        ExpressionAttributeValues=values,
    )


def test_a_call_finds_the_task_that_waits_each_time_that_it_comes(
    dynamodb: Any, callbacks: Callbacks
) -> None:
    """Who died before he woke it is called once more; the mark is that of the first call."""
    listen(dynamodb, "task-1")

    found = [callbacks.note("gw_1-2", NOW + late_s) for late_s in (0, 5)]

    item = dynamodb.get_item(TableName="repeats", Key=ID)["Item"]
    assert found == ["task-1", "task-1"]
    assert item["heard"] == {"N": str(int(NOW))}
    assert item["expires"] == {"N": str(int(NOW) + 5 + KEPT_S)}


def test_who_comes_to_wait_after_the_call_is_told_so(dynamodb: Any, callbacks: Callbacks) -> None:
    """The state's condition fails, which the workflow takes for the call."""
    assert callbacks.note("gw_1-2", NOW) == ""

    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        listen(dynamodb, "task-1")


def test_the_latest_task_is_the_one_that_waits(dynamodb: Any, callbacks: Callbacks) -> None:
    """An earlier one has run out of time, and its attempt was looked at since."""
    listen(dynamodb, "task-1")
    listen(dynamodb, "task-2")

    assert callbacks.note("gw_1-2", NOW) == "task-2"
    assert callbacks.note("gw_1-3", NOW) == ""


def test_keys_are_asked_for_once_an_hour(callbacks: Callbacks) -> None:
    """And what could not be read is asked for again."""
    asked: list[float] = []

    def fetch() -> list[bytes]:
        asked.append(1)
        if len(asked) == 1:
            raise OSError
        return [b"k"]

    with pytest.raises(OSError):  # noqa: PT011 - whatever the fetch raises
        callbacks.keys("fal", NOW, fetch)
    found = [callbacks.keys("fal", NOW + late_s, fetch) for late_s in (0, KEYS_S - 1, KEYS_S)]

    assert found == [[b"k"]] * 3
    assert len(asked) == 3

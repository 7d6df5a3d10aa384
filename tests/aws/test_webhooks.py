"""The tables of webhooks and deliveries, and the beginning of one, against an AWS in memory."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.aws.webhooks import KEPT_S, Courier, Deliveries, Webhooks
from gateway.domain.receiver import Delivery, Try, Webhook
from gateway.domain.webhook import Secret
from gateway.errors import Conflict
from tests.cloud import client, small_cloud

HOOK = Webhook("acme", "wh_1", "https://hooks.example.com/", ("*",), 1_790_000_000.0, key_id="key_1")
TOLD = Delivery("acme", "gw_1-wh_1", "gw_1", "wh_1", "job.failed", 1_790_000_000.5)


@pytest.fixture
def cloud() -> Iterator[dict[str, str]]:
    """A cloud for each test."""
    with small_cloud() as settings:
        yield settings


@pytest.fixture
def webhooks(cloud: dict[str, str]) -> Webhooks:
    """The table of webhooks."""
    return Webhooks(client("dynamodb"), "webhooks")


@pytest.fixture
def deliveries(cloud: dict[str, str]) -> Deliveries:
    """The table of deliveries."""
    return Deliveries(client("dynamodb"), "deliveries")


def test_a_webhook_comes_back_as_it_was_stored(webhooks: Webhooks) -> None:
    """Until it is deleted; and no other tenant sees it."""
    off = replace(HOOK, id="wh_2", disabled_at=5.0, disabled_why="gone", secret=Secret(3, 4.0))
    for each in (HOOK, off):
        webhooks.create(each)

    assert webhooks.of("acme") == [HOOK, off]
    assert (webhooks.get("acme", "wh_2"), webhooks.get("other", "wh_1")) == (off, None)
    webhooks.delete("acme", "wh_1")
    assert webhooks.of("acme") == [off]


def test_a_writer_that_has_not_seen_the_latest_version_is_refused(webhooks: Webhooks) -> None:
    """Two admins, or an admin and a receiver that is gone."""
    webhooks.create(HOOK)

    saved = webhooks.save(replace(HOOK, url="https://new.example.com/"))

    assert saved.version == 1
    for write in (lambda: webhooks.save(HOOK), lambda: webhooks.create(HOOK)):
        with pytest.raises(Conflict):
            write()
    assert webhooks.get("acme", "wh_1") == saved


def test_a_keys_secret_turns_once_for_each_rotation(webhooks: Webhooks) -> None:
    """It is no webhook, and cannot be read as one."""
    first = webhooks.secret_of_key("acme", "key_1")

    second = webhooks.turn("acme", "key_1", first, first.rotated(7.0))
    third = webhooks.turn("acme", "key_1", second, second.rotated(8.0))

    assert (first, second, third) == (Secret(), Secret(2, 7.0), Secret(3, 8.0))
    assert webhooks.secret_of_key("acme", "key_1") == third
    for before in (first, second):
        with pytest.raises(Conflict):
            webhooks.turn("acme", "key_1", before, before.rotated(9.0))
    assert (webhooks.of("acme"), webhooks.get("acme", "key_1")) == ([], None)


def test_a_delivery_comes_back_with_its_tries_and_is_forgotten_a_month_after_the_last(
    deliveries: Deliveries,
) -> None:
    """Or after the next one, where it goes on."""
    deliveries.create(TOLD)
    tried = replace(
        TOLD, tries=(Try(TOLD.created_at + 1, 0, "timeout", 20_000),), next_at=TOLD.created_at + 60
    )
    deliveries.save(tried)

    assert deliveries.get("acme", TOLD.id) == tried
    with pytest.raises(Conflict):
        deliveries.create(TOLD)
    key = {"tenant": {"S": "acme"}, "delivery": {"S": TOLD.id}}
    item = client("dynamodb").get_item(TableName="deliveries", Key=key)["Item"]
    assert int(item["expires"]["N"]) == int(TOLD.created_at + 60) + KEPT_S


def test_deliveries_are_read_by_job_and_by_webhook_the_newest_first(deliveries: Deliveries) -> None:
    """Those to a request's own URL by its job alone; pages follow one another without a gap."""
    many = [replace(TOLD, id=f"gw_{n}-wh_1", job=f"gw_{n}", created_at=TOLD.created_at + n) for n in range(5)]
    own = replace(TOLD, id="gw_1-url", webhook="url")
    for each in (*many, own, replace(TOLD, tenant="other")):
        deliveries.create(each)

    first = deliveries.of_webhook("acme", "wh_1", 2, None)
    rest = deliveries.of_webhook("acme", "wh_1", 10, first[-1])

    assert [*first, *rest] == many[::-1]
    assert deliveries.of_job("acme", "gw_1") == [many[1], own]


def test_a_delivery_that_is_begun_twice_is_begun_once(cloud: dict[str, str]) -> None:
    """The second execution of that name is refused, which is fine."""
    states: Any = client("stepfunctions")
    courier = Courier(lambda: states, cloud["COURIER"])

    for _ in range(2):
        courier.start("acme", "gw_1", "wh_1", "gw_1-wh_1")

    found = states.list_executions(stateMachineArn=cloud["COURIER"])["executions"]
    assert [each["name"] for each in found] == ["gw_1-wh_1"]

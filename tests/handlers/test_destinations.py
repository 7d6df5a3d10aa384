"""Destinations over HTTP: what an operator sees, and what a role that anybody may assume is answered."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.cloud import client
from tests.domain.test_destination import BODY
from tests.handlers.test_api import call as plain_call

PATH = "/v1/admin/destinations"


def call(api: ModuleType, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """Send a request with an admin's key."""
    return plain_call(api, method, path, body, scopes="submit read admin")[:2]


@pytest.fixture
def films(api: ModuleType) -> Iterator[dict[str, Any]]:
    """A destination that nobody has verified."""
    yield call(api, "POST", PATH, BODY)[1]
    call(api, "DELETE", f"{PATH}/films")


def test_a_new_destination_is_pending_and_says_what_the_role_must_have(films: dict[str, Any]) -> None:
    """The external id, and both policies ready to be pasted."""
    (trust,) = films["trust_policy"]["Statement"]

    assert (films["status"], films["verified_at"]) == ("pending", None)
    assert films["external_id"].startswith("sluice-")
    assert trust["Condition"]["StringEquals"] == {"sts:ExternalId": films["external_id"]}
    assert trust["Principal"]["AWS"] == "arn:aws:iam::123456789012:root"
    assert films["permissions_policy"]["Statement"][0]["Resource"] == "arn:aws:s3:::acme-films/renders/*"


def test_destinations_are_listed_shown_and_removed(api: ModuleType, films: dict[str, Any]) -> None:
    """By name, within the key's tenant."""
    listed = call(api, "GET", PATH)[1]["data"]
    shown = call(api, "GET", f"{PATH}/films")[1]
    removed = call(api, "DELETE", f"{PATH}/films")

    assert listed == [films] == [shown]
    assert removed == (200, {"object": "destination", "name": "films", "deleted": True})
    assert call(api, "GET", f"{PATH}/films")[1]["error"]["code"] == "destination_not_found"
    assert call(api, "DELETE", f"{PATH}/films")[0] == 404


def test_a_role_that_takes_any_external_id_is_refused(api: ModuleType, films: dict[str, Any]) -> None:
    """This AWS in memory lets everybody assume everything: the bucket is fine, its door is not."""
    client("s3").create_bucket(Bucket="acme-films")

    status, answer = call(api, "POST", f"{PATH}/films/verify")

    assert (status, answer["error"]["code"]) == (400, "destination_refused")
    assert "can be assumed with any external id" in answer["error"]["message"]
    assert "Contents" not in client("s3").list_objects_v2(Bucket="acme-films")
    assert call(api, "GET", f"{PATH}/films")[1]["status"] == "pending"


def test_a_bucket_that_is_not_there_is_named(api: ModuleType, films: dict[str, Any]) -> None:
    """What was asked, of which bucket, and what was answered."""
    call(api, "POST", PATH, {**BODY, "name": "lost", "bucket": "lost-films"})

    message = call(api, "POST", f"{PATH}/lost/verify")[1]["error"]["message"]

    assert message.startswith("DeleteObject at s3://lost-films/renders/sluice-check.txt was refused")
    assert "NoSuchBucket" in message


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_an_admins_key_sees_destinations(api: ModuleType, method: str) -> None:
    """The external id is nobody else's business."""
    status, answer, _ = plain_call(api, method, PATH, BODY)

    assert (status, answer["error"]["code"]) == (403, "not_allowed")


def test_a_job_for_a_pending_destination_is_refused(api: ModuleType, films: dict[str, Any]) -> None:
    """With the call that mends it."""
    body = {"prompt": "x", "delivery": {"destination": "films"}}

    status, answer, _ = plain_call(api, "POST", "/v1/veo-3.1", body)

    assert (status, answer["error"]["param"]) == (400, "delivery.destination")
    assert "POST /v1/admin/destinations/films/verify" in answer["error"]["message"]

"""A call that makes no job and comes twice with one ``Idempotency-Key`` does its work once."""

from types import ModuleType
from typing import Any

import pytest

from gateway.flow.settle import settle
from tests.handlers.test_api import call

ADMIN = {"scopes": "submit read admin"}
ROLE = "arn:aws:iam::222222222222:role/sluice-files"
CALLS: dict[str, tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = {
    "an upload": ("/v1/uploads", {"content_type": "image/png"}, {"content_type": "image/jpeg"}),
    "a webhook": (
        "/v1/admin/webhooks",
        {"url": "https://hooks.example.com/a", "events": ["*"]},
        {"url": "https://hooks.example.com/b", "events": ["*"]},
    ),
    "a destination": (
        "/v1/admin/destinations",
        {"name": "ours", "bucket": "our-files", "role_arn": ROLE},
        {"name": "theirs", "bucket": "our-files", "role_arn": ROLE},
    ),
    "a key's secret": ("/v1/webhook-secret", None, None),
}
NAMES = ("id", "secret", "external_id")


@pytest.mark.parametrize("case", CALLS)
def test_the_same_call_makes_the_same_thing(api: ModuleType, case: str) -> None:
    """The answer names what the first call made, and says that it is a repetition."""
    path, body, another = CALLS[case]
    headers = {"idempotency-key": f"twice {case}"}

    first, again = (call(api, "POST", path, body, headers, **ADMIN) for _ in range(2))
    other = call(api, "POST", path, another, **ADMIN)

    assert first[0] == again[0] < 300, first
    assert [first[1].get(name) for name in NAMES] == [again[1].get(name) for name in NAMES]
    assert ("idempotency-replayed" in first[2], again[2]["idempotency-replayed"]) == (False, "true")
    assert [other[1].get(name) for name in NAMES] != [first[1].get(name) for name in NAMES]


@pytest.mark.parametrize("case", [case for case in CALLS if CALLS[case][2]])
def test_another_call_with_that_key_is_refused(api: ModuleType, case: str) -> None:
    """409, as for jobs."""
    path, body, other = CALLS[case]
    headers = {"idempotency-key": f"other {case}"}
    body = {**body, "name": "first"} if body and "name" in body else body

    call(api, "POST", path, body, headers, **ADMIN)
    status, document, _ = call(api, "POST", path, other, headers, **ADMIN)

    assert (status, document["error"]["code"]) == (409, "idempotency_conflict")


def test_a_rotation_that_is_sent_again_leads_no_further(api: ModuleType) -> None:
    """One secret later, not two: a receiver that knows the one before still understands."""
    body = {"url": "https://hooks.example.com/c", "events": ["*"]}
    path = f"/v1/admin/webhooks/{call(api, 'POST', '/v1/admin/webhooks', body, **ADMIN)[1]['id']}/rotate"
    headers = {"idempotency-key": "rotate once"}

    first, again = (call(api, "POST", path, None, headers, **ADMIN)[1]["secret"] for _ in range(2))
    third = call(api, "POST", path, None, **ADMIN)[1]["secret"]

    assert first == again != third


def test_a_job_is_told_again_once(api: ModuleType) -> None:
    """The same delivery in both answers."""
    body = {"prompt": "x", "webhook_url": "https://hooks.example.com/d"}
    job_id = call(api, "POST", "/v1/veo-3.1", body, {"prefer": "respond-async"})[1]["id"]
    settle(api._ports, api._ports.jobs.get("acme", job_id), lost=True)
    headers = {"idempotency-key": "tell once"}

    first, again = (call(api, "POST", f"/v1/jobs/{job_id}/redeliver", None, headers) for _ in range(2))

    assert first[0] == again[0] == 202
    assert [each["id"] for each in first[1]["data"]] == [each["id"] for each in again[1]["data"]]

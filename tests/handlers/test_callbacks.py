"""The door for providers' calls: it needs an address of ours, and no key."""

import base64
import json
from types import ModuleType

import pytest

from gateway.domain import callback
from gateway.domain.callback import PATH, Claim
from tests.handlers.test_api import event

MOST_BYTES = 1024 * 1024
KLING = Claim("kling", "text2video", "gw_1-1")


def post(api: ModuleType, path: str, body: str, **more: object) -> tuple[int, dict[str, object]]:
    """Call as a provider does: the event has no authorizer."""
    sent = event("POST", path, body, {"Content-Type": "application/json"}) | more
    del sent["requestContext"]["authorizer"]
    answer = api.handler(sent, None)
    return answer["statusCode"], json.loads(answer["body"])


def address(claim: Claim = KLING) -> str:
    """Return the path of an address as a job's start has given it away."""
    return callback.address("", claim, 4_000_000_000, b"a link secret")


def test_a_provider_calls_without_a_key(api: ModuleType) -> None:
    """It is thanked; in base64 too, as API Gateway hands on what is no text."""
    body = '{"task_status": "succeed"}'
    coded = base64.b64encode(body.encode()).decode()

    assert post(api, address(), body) == (200, {"received": True})
    assert post(api, address(), coded, isBase64Encoded=True) == (200, {"received": True})


@pytest.mark.parametrize(
    "path",
    [f"{PATH}x", f"{PATH}a.b", address() + "0", address(Claim("nobody", "video", "gw_1-1"))],
)
def test_no_other_address_leads_anywhere(api: ModuleType, path: str) -> None:
    """It is answered as a path that does not exist."""
    status, document = post(api, path, "{}")

    assert (status, document["error"]["code"]) == (404, "path_not_found")  # type: ignore[index]


def test_a_call_that_is_too_long_is_not_read(api: ModuleType) -> None:
    """The slow poll sees to that job."""
    status, document = post(api, address(), "x" * (MOST_BYTES + 1))

    assert (status, document["error"]["code"]) == (413, "body_too_large")  # type: ignore[index]

"""Mistakes over the wire: a clear 4xx in one form, nothing stored, nothing sent, nothing charged."""

from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

BAD: dict[str, tuple[str, Any, int, str]] = {
    "unknown model": ("/v1/veo-3", {"prompt": "x"}, 404, "model_not_found"),
    "bad json": ("/v1/veo-3.1", b"{nope", 400, "invalid_json"),
    "wrong type": ("/v1/veo-3.1", {"prompt": 5}, 400, "invalid_parameter"),
    "unknown parameter": ("/v1/veo-3.1", {"prompt": "x", "durration": 4}, 400, "unknown_parameter"),
    "missing prompt": ("/v1/veo-3.1", {}, 400, "missing_parameter"),
    "long prompt": ("/v1/veo-3.1", {"prompt": "x" * 9000}, 400, "invalid_parameter"),
    "large body": ("/v1/veo-3.1", {"prompt": "x" * 300_000}, 413, "body_too_large"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_explained_and_starts_nothing(gateway: Gateway, case: str) -> None:
    """Status, code, and the one form of all errors."""
    path, body, status, code = BAD[case]
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    headers = {"authorization": f"Bearer {gateway.stack.api_key}"}

    answer = gateway.http.post(f"{gateway.stack.base_url}{path}", headers=headers, **content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert gateway.requests() == []


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk-sluice-wrong"}, {"x-api-key": "nope"}])
def test_a_missing_or_wrong_key_is_a_401_that_says_how(gateway: Gateway, headers: dict[str, str]) -> None:
    """API Gateway's own answer has our form too."""
    answer = httpx.post(
        f"{gateway.stack.base_url}/v1/veo-3.1", json={"prompt": "x"}, headers=headers, trust_env=False
    )

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (401, "invalid_key")
    assert "Authorization: Bearer" in error["message"]
    assert gateway.requests() == []


def test_the_nearest_names_are_offered(gateway: Gateway) -> None:
    """A slip of the pen finds its way back."""
    error = gateway.post("/v1/veo-3.2", {"prompt": "x"}).json()["error"]

    assert "Did you mean 'veo-3.1'" in error["message"]

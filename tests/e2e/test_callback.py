"""Providers that call when they are done, on the real stack: one look; what the calls of others change."""

from collections import Counter
from typing import Any

import pytest

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

FAL, KLING = "fal/fal-ai/veo3.1", "kling/kling-v3"


def looks(gateway: Gateway, provider: str) -> Counter[str]:
    """Count the looks at each job of a provider, in its own id; fal's result is not one."""
    asked = gateway.requests(provider)
    return Counter(
        entry["provider_job_id"]
        for entry in asked
        if entry["method"] == "GET"
        and entry["path"].endswith(("/status", entry["provider_job_id"] or "?"))
        and (provider != "fal" or entry["path"].endswith("/status"))
    )


def calls(gateway: Gateway) -> list[dict[str, Any]]:
    """Read which calls the sandbox made, and what they were answered."""
    url = f"{gateway.stack.sandbox_url}/_sandbox/callbacks"
    found: list[dict[str, Any]] = gateway.http.get(url).json()["callbacks"]
    return found


def test_a_video_is_waited_for_and_not_polled(gateway: Gateway) -> None:
    """
    A provider that signs and one that does not: each calls, and one look brings the result.
    """
    jobs = [gateway.submit(model, duration=4) for model in (FAL, KLING)]

    ended = [gateway.ended(job) for job in jobs]

    assert [job["status"] for job in ended] == ["succeeded", "succeeded"]
    assert {call["status"] for call in calls(gateway)} == {200}
    assert max(looks(gateway, "fal").values()) <= 2
    assert max(looks(gateway, "kling").values()) <= 2


def test_a_forged_call_changes_nothing_and_a_lost_one_costs_only_time(gateway: Gateway) -> None:
    """
    The forged one comes while the job runs and is refused; without any, the slow poll finds the result.
    """
    gateway.break_provider("fal", kind="forged_callback")
    gateway.break_provider("kling", kind="no_callback")
    jobs = [gateway.submit(model, duration=4) for model in (FAL, KLING)]

    ended = [gateway.ended(job) for job in jobs]

    assert [job["status"] for job in ended] == ["succeeded", "succeeded"]
    assert [len(job["attempts"]) for job in ended] == [1, 1]
    assert {(call["provider"], call["forged"], call["status"]) for call in calls(gateway)} == {
        ("fal", True, 403),
        ("fal", False, 200),
    }
    assert max(looks(gateway, "fal").values()) <= 2
    assert looks(gateway, "kling")

"""Providers break; callers get their file from the next target, same job id, with the whole trace."""

from typing import Any

import pytest

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "503": ({"kind": "status", "status": 503}, "capacity"),
    "500": ({"kind": "status", "status": 500}, "transient"),
    "429": ({"kind": "status", "status": 429, "retry_after": 2}, "capacity"),
    "hang": ({"kind": "hang"}, "timeout"),
    "malformed": ({"kind": "malformed"}, "transient"),
    "failed after acceptance": ({"kind": "fail_after_accept"}, "transient"),
    "expired link": ({"kind": "expired_url"}, "transient"),
    "truncated file": ({"kind": "truncate"}, "transient"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_target_delivers(gateway: Gateway, fault: str) -> None:
    """Google breaks in each way; fal delivers, and the trace has both attempts with class and times."""
    body, error_class = FAULTS[fault]
    gateway.break_provider("google", **body)

    job = gateway.run("veo-3.1", duration=4)

    first, second = job["attempts"]
    assert job["status"] == "succeeded"
    assert (first["provider"], first["status"], first["error"]["class"]) == ("google", "failed", error_class)
    assert (second["provider"], second["status"]) == ("fal", "succeeded")
    assert first["started_at"] <= first["finished_at"] <= second["started_at"] <= second["finished_at"]
    assert first["provider_ms"] >= 0


def test_an_inline_picture_fails_over_too(gateway: Gateway) -> None:
    """The quick path hands its job to the workflow and the caller still gets 200 in the same call."""
    gateway.break_provider("google", kind="status", status=503)

    answer = gateway.post("/v1/nano-banana-pro", {"prompt": "x"})

    assert answer.status_code == 200
    assert [attempt["provider"] for attempt in answer.json()["attempts"]] == ["google", "fal"]


def test_every_target_broken_ends_with_all_reasons_and_costs_nothing(gateway: Gateway) -> None:
    """The list of reasons, one a target, and 0 charged."""
    for provider in ("google", "fal", "kling", "runway"):
        gateway.break_provider(provider, kind="status", status=500)

    job = gateway.run("veo-3.1")

    assert (job["status"], job["error"]["code"]) == ("failed", "all_targets_failed")
    for provider in ("google", "fal", "kling", "runway"):
        assert f"{provider}/" in job["error"]["message"]
    assert job["cost"]["usd"] == "0.000000"
    assert job["output_url"] is None


def test_a_refused_prompt_is_not_shopped_around(gateway: Gateway) -> None:
    """Moderation ends the job at the first target, with its own code."""
    gateway.break_provider("google", kind="moderation")

    job = gateway.run("veo-3.1")

    assert (job["status"], job["error"]["code"]) == ("failed", "moderation")
    assert gateway.requests("fal") == []


def test_the_callers_own_fallback_replaces_the_routes(gateway: Gateway) -> None:
    """`fallback: [runway-gen-4]`: after veo's own targets comes Runway, not Kling."""
    gateway.break_provider("google", kind="status", status=503)
    gateway.break_provider("fal", kind="status", status=503)

    job = gateway.run("veo-3.1", fallback=["runway-gen-4"], duration=4)

    assert [attempt["provider"] for attempt in job["attempts"]] == ["google", "fal", "runway"]
    assert (job["status"], job["cost"]["usd"]) == ("succeeded", "0.480000")


def test_a_target_that_keeps_failing_is_passed_over(gateway: Gateway) -> None:
    """After five failures in a row nobody waits for Google; its health says so, and so does the trace."""
    gateway.break_provider("google", kind="status", status=503)
    for _ in range(5):
        gateway.run("veo-3.1", duration=4)

    job = gateway.run("veo-3.1", duration=4)

    lines = gateway.get("/v1/health/providers").json()["data"]
    veo = next(line for line in lines if line["model"] == "veo-3.1-generate-001")
    assert [attempt["provider"] for attempt in job["attempts"]] == ["fal"]
    assert "left alone" in job["skipped"][0]["reason"] or "left alone" in job["skipped"][-1]["reason"]
    assert veo["circuit"] == "open"

"""The documents that callers read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import link, view
from gateway.domain.job import Artifact, Attempt, CostLine, Job, Skip
from tests import builders
from tests.fakes.clock import START as AT

# The document as the design, section 4, shows it; `skipped` says which targets could not carry the request.
DOCUMENTED = {
    *("id", "object", "status", "model", "operation", "created_at", "started_at", "finished_at", "progress"),
    *("expected_start_at", "outputs", "output_url", "cost", "attempts", "seed", "plan", "customer_id"),
    *("metadata", "error"),
}
KEYS = DOCUMENTED | {"skipped", "queue_position", "batch", "replay_of"}
ATTEMPT = {
    "n",
    "provider",
    "model",
    "version",
    "region",
    "status",
    "error",
    "queued_ms",
    "provider_ms",
    "usd",
}
TRACED = ATTEMPT | {"provider_job_id", "started_at", "finished_at", "circuit", "dropped", "cancel"}
OUTPUT = {"url", "content_type", "bytes", "sha256", "width", "height", "duration_s"}
COST = {"usd", "status", "billed_to", "lines"}
LINE = {"meter", "units", "unit_usd", "usd", "source"}
SECRET = b"link secret"


def queued() -> Job:
    return builders.make_job(
        builders.make_ports({}),
        byok={"google": "hush-hush"},
        webhook_url="https://me.example/hook",
        customer_id="c-1",
        metadata={"order": "7"},
    )


def attempt(**facts: Any) -> Attempt:
    kept = {"job": "up-1", "cancel_url": "https://provider.example/hidden"}
    base = Attempt(1, 0, "google", "veo-3.1-generate-001", "global", AT, AT, "succeeded", AT + 1.5, AT + 61.5)
    return replace(base, kept=kept, sources=(("https://provider.example/hidden", True),), **facts)


def succeeded() -> Job:
    line = CostLine("output_second", 8, 400_000, 1, 3_200_000, "https://example.com 2026-11-22")
    file = Artifact("30d/acme/out.mp4", "video/mp4", 1834, "abc", 1280, 720, 8.0)
    done = {"status": "succeeded", "started_at": AT + 1.5, "finished_at": AT + 61.5, "progress": 1.0}
    return replace(queued(), outputs=(file,), lines=(line,), attempts=(attempt(),), **done)


def failed() -> Job:
    why = {"error": "moderation", "code": "IMAGE_SAFETY", "message": "refused"}
    return replace(
        queued(),
        status="failed",
        finished_at=AT + 61.5,
        attempts=(replace(attempt(**why), status="failed"),),
        skipped=(Skip("fal", "fal-ai/veo3.1", "has no price, and max_usd was given"),),
        error_code="moderation",
        error_message="google refused",
    )


def document(job: Job) -> dict[str, Any]:
    return view.job_document(job, "https://gw.example.com", lambda: SECRET)


@pytest.mark.parametrize("job", [queued(), succeeded(), failed()], ids=["queued", "succeeded", "failed"])
def test_a_job_has_exactly_the_documented_keys_in_every_state(job: Job) -> None:
    """
    A client that was written for one state can read all of them.
    """
    shown = document(job)

    assert set(shown) == KEYS
    assert set(shown["cost"]) == COST
    assert all(set(each) == TRACED for each in shown["attempts"])
    assert all(set(each) == OUTPUT for each in shown["outputs"])
    assert all(set(each) == LINE for each in shown["cost"]["lines"])


@pytest.mark.parametrize("job", [queued(), succeeded(), failed()], ids=["queued", "succeeded", "failed"])
def test_nothing_secret_is_in_a_document(job: Job) -> None:
    """
    No key, sealed or not, no prompt, no address of the provider, no secret of ours.
    """
    text = json.dumps(document(job))

    for hidden in (
        "hush-hush",
        "hush-hush"[::-1],
        "byok_",
        "lighthouse",
        "provider.example",
        SECRET.decode(),
    ):
        assert hidden not in text
    assert job.byok["google"] not in text


def test_a_queued_job_tells_what_it_is_and_costs_nothing_yet() -> None:
    """
    What is not known yet is null, and a list that will come is empty.
    """
    shown = document(queued())

    assert (shown["status"], shown["object"], shown["created_at"]) == (
        "queued",
        "job",
        "2026-09-21T14:13:20.000Z",
    )
    assert (shown["started_at"], shown["finished_at"], shown["output_url"], shown["error"]) == (None,) * 4
    assert (shown["outputs"], shown["attempts"]) == ([], [])
    assert (shown["cost"]["usd"], shown["cost"]["status"]) == ("0.000000", "pending")
    assert (shown["customer_id"], shown["metadata"]) == ("c-1", {"order": "7"})


def test_a_succeeded_job_has_its_file_its_price_and_its_trace() -> None:
    """
    The link opens the very file for as long as it is kept, counted from the end of the job.
    """
    shown = document(succeeded())
    file_id = shown["output_url"].removeprefix("https://gw.example.com/v1/files/")
    ends_at = AT + 61.5 + 30 * 86400

    assert link.verify(file_id, ends_at - 1, SECRET) == "30d/acme/out.mp4"
    assert shown["cost"] == {
        "usd": "3.200000",
        "status": "final",
        "billed_to": "platform",
        "lines": [
            {
                "meter": "output_second",
                "units": "8",
                "unit_usd": "0.400000",
                "usd": "3.200000",
                "source": "https://example.com 2026-11-22",
            }
        ],
    }
    assert shown["attempts"][0]["provider_job_id"] == "up-1"


def test_an_attempt_tells_how_long_each_part_took() -> None:
    """
    Waiting for the slot is ours, the rest is the provider's.
    """
    (tried,) = document(succeeded())["attempts"]

    assert (tried["queued_ms"], tried["provider_ms"], tried["usd"]) == (1500, 60_000, "3.200000")
    assert (tried["started_at"], tried["finished_at"]) == (
        "2026-09-21T14:13:21.500Z",
        "2026-09-21T14:14:21.500Z",
    )


def test_a_failed_job_says_why_and_has_no_file() -> None:
    """
    The provider's own code stays with its attempt; the job has ours.
    """
    shown = document(replace(failed(), outputs=succeeded().outputs))

    assert shown["error"] == {"code": "moderation", "message": "google refused", "retryable": False}
    assert shown["attempts"][0]["error"] == {
        "class": "moderation",
        "code": "IMAGE_SAFETY",
        "message": "refused",
    }
    assert (shown["attempts"][0]["usd"], shown["outputs"], shown["output_url"]) == ("0", [], None)
    assert shown["skipped"][0]["reason"] == "has no price, and max_usd was given"


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("invalid_request", False), ("moderation", False), ("provider_timeout", True), ("no_slot", True)],
)
def test_a_failure_says_whether_to_try_again(code: str, retryable: bool) -> None:
    """
    The same request can do better only if it was not the request.
    """
    assert document(replace(failed(), error_code=code))["error"]["retryable"] is retryable


def test_a_job_without_a_price_is_not_free() -> None:
    """
    Neither the job nor the attempt that delivered shows a zero where nobody knows the price.
    """
    shown = document(replace(succeeded(), lines=(), priced=False))

    assert (shown["cost"]["usd"], shown["cost"]["status"]) == (None, "unpriced")
    assert shown["attempts"][0]["usd"] is None


def test_a_job_on_a_callers_own_key_says_who_was_billed() -> None:
    """
    It is shown at list price all the same.
    """
    cost = document(replace(succeeded(), own_key=True))["cost"]

    assert (cost["billed_to"], cost["usd"]) == ("byok", "3.200000")


def test_a_job_that_waits_for_its_slot_says_when_it_comes() -> None:
    """
    The promise is gone once the attempt has begun, or the job has ended.
    """
    waiting = replace(queued(), attempts=(replace(attempt(), status="reserved", slot_at=AT + 30),))

    assert document(waiting)["expected_start_at"] == "2026-09-21T14:13:50.000Z"
    assert document(replace(waiting, status="canceled"))["expected_start_at"] is None
    assert document(succeeded())["expected_start_at"] is None


def test_a_model_is_listed_with_what_its_targets_take_and_cost() -> None:
    """
    OpenAI's fields, and the design's own.
    """
    plan = builders.shipped_plan()

    shown = view.model_document(plan, plan.routes["nano-banana-pro"])

    assert (shown["id"], shown["object"], shown["owned_by"]) == ("nano-banana-pro", "model", "google")
    assert (shown["modality"], shown["providers"], shown["regions"]) == (
        "image",
        ["google", "fal"],
        ["global"],
    )
    assert shown["parameters"]["resolution"] == {
        "type": "string",
        "enum": ["1K", "2K", "4K"],
        "default": "1K",
        "required": False,
    }
    assert {(line["provider"], line["unit_usd"]) for line in shown["pricing"]} == {
        ("google", "0.134000"),
        ("fal", "0.300000"),
        ("fal", "0.150000"),
    }


def test_a_model_without_prices_is_listed_as_unpriced() -> None:
    """
    An empty list would look like free.
    """
    plan = builders.unpriced(builders.shipped_plan(), "runway/gen4.5")

    assert view.model_document(plan, plan.routes["runway-gen-4"])["pricing"] == "unpriced"

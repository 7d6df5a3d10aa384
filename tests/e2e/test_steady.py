"""A burst on a small pool: no 429 for anybody, never too many calls in a minute, fair shares for tenants."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice.local.stack import Setup, Stack, running
from tests.e2e.conftest import Gateway
from tests.e2e.test_crash import wait_for

pytestmark = pytest.mark.e2e

# Twice as fast as 60 a minute, to be short; the emulator carries about five jobs a second.
RPM, BURST = 120, 4
PROVIDERS = f"""
version: 1
providers:
  elevenlabs: {{secret: e, limits: {{rpm: {RPM}, burst: {BURST}, concurrent: 20}}}}
"""
ROUTES = """
version: 1
defaults: {deadline: 20m}
tiers: {pro: {}}
models:
  voice: {operations: [speech], targets: [elevenlabs/eleven_flash_v2_5]}
  voice-now: {operations: [speech], targets: [elevenlabs/eleven_flash_v2_5], overflow: shed, max_wait: 0s}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with one slow pool."""
    folder: Path = tmp_path_factory.mktemp("small")
    (folder / "providers.yaml").write_text(PROVIDERS)
    (folder / "routes.yaml").write_text(ROUTES)
    with running(Setup(folder=folder, state=folder / "state")) as stack:
        yield stack


@pytest.fixture
def steady(small: Stack) -> Iterator[Gateway]:
    """A caller of it, over a sandbox that itself refuses what is too much."""
    with httpx.Client(timeout=60, trust_env=False) as http:
        http.post(f"{small.sandbox_url}/_sandbox/reset").raise_for_status()
        yield Gateway(small, http)


def test_a_burst_runs_at_the_pools_pace_and_tenants_share_it(steady: Gateway) -> None:
    """Eighty jobs of one tenant, twenty of another, as fast as the stack takes them."""
    keys = steady.stack.cloud.keys(steady.stack.outputs["KeysTable"])
    scopes = ("submit", "read")
    large, small = (
        keys.create(name=name, tenant=name, tier="pro", scopes=scopes)[1] for name in ("large", "small")
    )
    warm(steady, large)
    limits = f"{steady.stack.sandbox_url}/_sandbox/limits/elevenlabs"
    steady.http.put(limits, json={"rpm": RPM + BURST}).raise_for_status()

    hold_back(steady, 45)

    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda key: submit(steady, key), [large] * 80 + [small] * 20))

    wait_for(lambda: len(started(steady)) == 100, 180)
    ended = [finished(steady, *job) for job in jobs]
    journal = started(steady)
    assert {status for _, _, status in jobs} == {202}
    assert {job["status"] for job in ended} == {"succeeded"}
    assert {entry["status"] for entry in journal} == {200}
    at = sorted(entry["at"] for entry in journal)
    assert most_in_a_minute(at) <= RPM + BURST
    assert used(at) >= 0.98
    assert shared([job["started_at"] for job in ended[:80]], [job["started_at"] for job in ended[80:]])


def test_shed_says_when_to_come_back_and_keeps_its_word(steady: Gateway) -> None:
    """No patience: 429 with a Retry-After, after which the same call is taken."""
    answers = [say(steady, steady.stack.api_key, "voice-now") for _ in range(BURST * 3)]
    refused = next(answer for answer in answers if answer.status_code == 429)

    time.sleep(int(refused.headers["retry-after"]))
    again = say(steady, steady.stack.api_key, "voice-now")
    assert refused.json()["error"]["code"] == "pool_full"
    assert again.status_code == 202


def warm(steady: Gateway, key: str) -> None:
    """Wake the functions, and let the pool come to rest."""
    finished(steady, *submit(steady, key))
    steady.http.post(f"{steady.stack.sandbox_url}/_sandbox/reset").raise_for_status()


def hold_back(steady: Gateway, seconds: float) -> None:
    """Push the pool's clock as a provider's Retry-After does, so that all wait before the first one goes."""
    steady.stack.cloud.client("dynamodb").update_item(
        TableName=steady.stack.outputs["PacersTable"],
        Key={"pool": {"S": "elevenlabs#ours#global"}},
        UpdateExpression="SET arrival = :until",
        ExpressionAttributeValues={":until": {"N": str(int((time.time() + seconds) * 1_000_000))}},
    )


def say(steady: Gateway, key: str, model: str = "voice") -> httpx.Response:
    """Ask for a word, and do not wait for it."""
    headers = {"authorization": f"Bearer {key}", "prefer": "respond-async"}
    return steady.http.post(f"{steady.stack.base_url}/v1/{model}", json={"prompt": "Hello."}, headers=headers)


def submit(steady: Gateway, key: str) -> tuple[str, str, int]:
    """Start a job; return its key, id and how it was answered."""
    answer = say(steady, key)
    return key, str(answer.json().get("id")), answer.status_code


def finished(steady: Gateway, key: str, job_id: str, status: int) -> dict[str, Any]:
    """See a job through under its own key."""
    found: dict[str, Any] = {}

    def over() -> bool:
        headers = {"authorization": f"Bearer {key}"}
        found.update(steady.http.get(f"{steady.stack.base_url}/v1/jobs/{job_id}", headers=headers).json())
        return found["status"] in ("succeeded", "failed", "expired")

    wait_for(over, 60)
    return found


def started(steady: Gateway) -> list[dict[str, Any]]:
    """Read which calls reached the provider."""
    return [entry for entry in steady.requests("elevenlabs") if entry["method"] == "POST"]


def most_in_a_minute(at: list[float]) -> int:
    """Return the most starts in any sixty seconds."""
    return max(sum(start <= each < start + 60 for each in at) for start in at)


def used(at: list[float]) -> float:
    """Return which share of the slots between the first and the last start was used."""
    return (len(at) - 1) * (60 / RPM) / (at[-1] - at[0])


def shared(large: list[str], small: list[str]) -> bool:
    """Tell whether both got the same number of starts while both waited, within a tenth and one turn."""
    first, last = sorted(small)[1], max(small)
    turns = sum(first <= each <= last for each in large)
    return abs(turns - (len(small) - 1)) <= 0.1 * len(small) + 1

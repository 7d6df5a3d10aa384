"""A burst on a small pool: no 429 for anybody, never too many calls in a minute, fair shares for tenants."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sluice.local.stack import Stack
from tests.e2e.conftest import BURST, RPM, Gateway
from tests.e2e.test_crash import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.pace]


@pytest.fixture
def steady(paced: Stack) -> Iterator[Gateway]:
    """A caller of it, over a sandbox that itself refuses what is too much."""
    with httpx.Client(timeout=60, trust_env=False) as http:
        http.post(f"{paced.sandbox_url}/_sandbox/reset").raise_for_status()
        yield Gateway(paced, http)


def test_a_burst_runs_at_the_pools_pace_and_tenants_share_it(steady: Gateway) -> None:
    """Forty jobs of one tenant, ten of another, as fast as the stack takes them."""
    burst_of(steady, 40, 10, held_s=25)


@pytest.mark.soak
def test_a_burst_of_six_hundred(steady: Gateway) -> None:
    """Five hundred jobs of one tenant, a hundred of another."""
    burst_of(steady, 500, 100, held_s=200)


def burst_of(steady: Gateway, many: int, few: int, held_s: float) -> None:
    """Submit at once, wait for all, and hold the sandbox's own journal against the limit."""
    keys = steady.stack.cloud.keys(steady.stack.outputs["KeysTable"])
    scopes = ("submit", "read")
    large, small = (
        keys.create(name=name, tenant=name, tier="pro", scopes=scopes)[1] for name in ("large", "small")
    )
    warm(steady, large)
    limits = f"{steady.stack.sandbox_url}/_sandbox/limits/elevenlabs"
    steady.http.put(limits, json={"rpm": RPM + BURST}).raise_for_status()

    hold_back(steady, held_s)
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda key: submit(steady, key), [large] * many + [small] * few))
    assert time.monotonic() - begun < held_s

    wait_for(lambda: len(started(steady)) == many + few, held_s + 1.2 * 60 * (many + few) / RPM)
    ended = [finished(steady, *job) for job in jobs]
    journal = started(steady)
    at = sorted(entry["at"] for entry in journal)
    assert {status for _, _, status in jobs} == {202}
    assert {job["status"] for job in ended} == {"succeeded"}
    assert {entry["status"] for entry in journal} == {200}
    assert most_in(20, at) <= RPM / 3 + BURST
    assert most_in(60, at) <= RPM + BURST - 1
    assert used(at) >= 0.98
    assert shared([job["started_at"] for job in ended[:many]], [job["started_at"] for job in ended[many:]])


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


def most_in(seconds: float, at: list[float]) -> int:
    """Return the most starts in so many seconds, wherever they begin."""
    return max(sum(start <= each < start + seconds for each in at) for start in at)


def used(at: list[float]) -> float:
    """Return which share of the slots between the first and the last start was used."""
    return (len(at) - 1) * (60 / RPM) / (at[-1] - at[0])


def shared(large: list[str], small: list[str]) -> bool:
    """Tell whether both got the same number of starts while both waited, within a tenth and one turn."""
    first, last = sorted(small)[1], max(small)
    turns = sum(first <= each <= last for each in large)
    return abs(turns - (len(small) - 1)) <= 0.1 * len(small) + 1

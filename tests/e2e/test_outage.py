"""Three providers carry a steady stream; one dies in the middle, and no caller sees it."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sluice.local.stack import Stack
from tests.e2e.conftest import EACH_RPM, Gateway, forget_circuits

pytestmark = [pytest.mark.e2e, pytest.mark.pace]

CALM_S, DEAD_S = 25, 30
DEAD = "openai"


@pytest.fixture
def three(paced: Stack) -> Iterator[Gateway]:
    """A caller of the stack with three slow providers of pictures."""
    with httpx.Client(timeout=60, trust_env=False) as http:
        http.post(f"{paced.sandbox_url}/_sandbox/reset").raise_for_status()
        forget_circuits(paced)
        yield Gateway(paced, http)


def test_one_of_three_dies_and_two_thirds_of_the_rate_are_left(three: Gateway) -> None:
    """Sixty a minute over three providers of twenty, then forty; twice as fast here. Every job ends well."""
    three.run("picture")
    with ThreadPoolExecutor(8) as pool:
        calm = [pool.submit(three.submit, "picture") for _ in paced_over(CALM_S)]
        died_at = time.time()
        three.break_provider(DEAD, kind="status", status=500)
        dead = [pool.submit(three.submit, "picture") for _ in paced_over(DEAD_S)]
        until = time.time()

        ended = [three.ended(job.result()) for job in calm + dead]

    works = [entry for entry in three.requests() if entry["billable_start"]]
    assert {job["status"] for job in ended} == {"succeeded"}
    assert rates(works, died_at - CALM_S + 5, died_at) == pytest.approx(3 * EACH_RPM, rel=0.1)
    assert rates(works, died_at + 5, until) == pytest.approx(2 * EACH_RPM, rel=0.1)
    assert {entry["status"] for entry in three.requests()} <= {200, 202, 500}
    assert all(count <= EACH_RPM + 1 for count in most_in_a_minute(three.requests()).values())


def paced_over(seconds: float) -> Iterator[int]:
    """Count evenly, at the rate of all three providers together."""
    begun, count = time.monotonic(), round(seconds * 3 * EACH_RPM / 60)
    for number in range(count):
        time.sleep(max(0, begun + number * seconds / count - time.monotonic()))
        yield number


def rates(entries: list[dict[str, Any]], since: float, until: float) -> float:
    """Return how many starts a minute were taken between two instants."""
    return 60 * sum(since <= entry["at"] < until for entry in entries) / (until - since)


def most_in_a_minute(entries: list[dict[str, Any]]) -> Counter[str]:
    """Return the most starts in any sixty seconds, by provider, refused ones included."""
    most: Counter[str] = Counter()
    posts = [entry for entry in entries if entry["method"] == "POST"]
    for first in posts:
        count = sum(
            each["provider"] == first["provider"] and first["at"] <= each["at"] < first["at"] + 60
            for each in posts
        )
        most[first["provider"]] = max(most[first["provider"]], count)
    return most
